"""By what a payer is recognised: the same in other letters, another one for each merchant, never a name."""

import pytest
from pydantic import SecretStr

from common.domain.buyers import PayerHashes, PayerKey, normal_email, normal_name
from common.domain.documents import Address
from factories.documents import make_invoice, make_order

KEY, OTHERS = PayerKey(SecretStr("01" * 32)), PayerKey(SecretStr("02" * 32))

SPELLINGS = {
    "jonas muellersberg": [
        "Jonas Müllersberg",
        "JONAS MUELLERSBERG",
        " jonas\u00a0 müllersberg ",
        "Mu\u0308llersberg, Jonas",
        "Herr Dr. med. Jonas Müllersberg",
        "Prof. Dr. Jonas Müllersberg",
        "Fam. Jonas Müllersberg",
    ],
    "beispielhaus soehne": [
        "Beispielhaus & Söhne GmbH & Co. KG",
        "BEISPIELHAUS UND SOEHNE GMBH",
        "Beispielhaus u. Söhne e.K.",
        "Beispielhaus Söhne e. K.",
        "beispielhaus söhne UG (haftungsbeschränkt)",
    ],
    "celine obrien": ["Céline O'Brien", "CELINE O\u2019BRIEN", "O`Brien Céline"],
    "jr vorbild": ["J. R. Vorbild", "J.R. Vorbild", "JR Vorbild"],
    "mueller schmidt": ["Müller-Schmidt", "Mueller Schmidt"],
    "gross strasse": ["Groß Straße", "GROSS STRASSE"],
}


@pytest.mark.parametrize(("normal", "raw"), [(one, raw) for one, raws in SPELLINGS.items() for raw in raws])
def test_all_spellings_of_a_name_are_one(normal: str, raw: str) -> None:
    assert normal_name(raw) == normal


@pytest.mark.parametrize("raw", [None, "", "  ", "-", "GmbH", "Herr Dr.", "\u0301"])
def test_what_holds_no_name_has_no_hash(raw: str | None) -> None:
    assert normal_name(raw) is None
    assert KEY.name(raw) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mara Beispiel", "Mara Vorbild"), ("Jan Bauer", "Jan Baur"), ("Anna Berg", "Anna Bergmann")],
)
def test_two_names_are_two(one: str, other: str) -> None:
    assert KEY.name(one) != KEY.name(other)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (" Mara@Beispiel.Example ", "mara@beispiel.example"),
        ("mara@m\u00fcller.example", "mara@xn--mller-kva.example"),
        ("mara@xn--mller-kva.example", "mara@xn--mller-kva.example"),
        ("mara@googlemail.com", "mara@gmail.com"),
        ("mara", None),
        ("mara@", None),
        (None, None),
    ],
)
def test_all_spellings_of_an_address_are_one_and_what_is_none_has_none(raw: str, normal: str | None) -> None:
    assert normal_email(raw) == normal
    assert (KEY.email(raw) is None) == (normal is None)


def test_a_hash_says_by_which_rule_it_was_made_and_stays_the_same() -> None:
    # each as `openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…` says, of `v1:name:beispiel mara` for one
    name = "1a2f4f718ee964f7e6b36326b1497f1b797c9c1162c053d87d1fca1ace2e6520"
    email = "f7c2ef538aaf3f36b40317c0681b0266380944042429cb5f8256a252b7f6efa8"
    assert (KEY.name("Mara Beispiel"), KEY.email("mara@beispiel.example")) == (f"v1:{name}", f"v1:{email}")


def test_another_merchants_key_gives_other_hashes_and_a_name_is_no_address() -> None:
    assert KEY.name("Mara Beispiel") != OTHERS.name("Mara Beispiel")
    assert KEY.email("mara@beispiel.example") != OTHERS.email("mara@beispiel.example")
    assert KEY.name("mara@beispiel.example") != KEY.email("mara@beispiel.example")


def test_company_person_and_who_the_bill_goes_to_may_all_pay() -> None:
    company = Address(company="Beispiel GmbH", first_name="Mara", last_name="Beispiel", email="m@b.example")
    billed = Address(first_name="Jonas", last_name="Vorbild", email="j@b.example")
    hashes = KEY.hashes_of(make_invoice(address=company), make_order(billing_address=billed))
    assert hashes == PayerHashes(
        names=tuple(str(KEY.name(one)) for one in ("Beispiel GmbH", "Mara Beispiel", "Jonas Vorbild")),
        emails=tuple(str(KEY.email(one)) for one in ("m@b.example", "j@b.example")),
    )
    same = KEY.hashes_of(make_invoice(address=company), make_order(billing_address=company))
    assert same is not None
    assert (len(same.names), len(same.emails)) == (2, 1)


def test_of_an_erased_document_nobody_is_recognised() -> None:
    erased = Address(zip_code="10115", city="Berlin", country="DE")
    for address, billing in ((None, None), (erased, erased)):
        document, order = make_invoice(address=address), make_order(billing_address=billing)
        assert KEY.hashes_of(document, order) is None


def test_neither_key_nor_hashes_are_shown() -> None:
    hashes = KEY.hashes_of(make_invoice(), make_order())
    assert hashes is not None
    shown = f"{KEY!r} {KEY} {hashes!r} {hashes} {[hashes]}"
    assert "01" * 32 not in shown
    assert not [one for one in (*hashes.names, *hashes.emails) if one in shown]
