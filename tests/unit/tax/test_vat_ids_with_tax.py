"""VAT shown to somebody with a VAT id: the authority's answer decides, an own id is never foreign (R52)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from common.domain.buyers import VatCheck, vat_id_to_check
from common.domain.buyers.vat_ids import read_vat_id
from common.domain.documents import Address
from common.domain.merchant import GOODS_CATEGORY, OSS_CATEGORY, MerchantSettings
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Park, SingleContact, Verdict
from factories.documents import (
    decide_on,
    euro,
    make_address,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_original,
    make_profile,
)
from factories.verdicts import booked, parked

AUSTRIAN, FRENCH, GERMAN = "ATU13585627", "FR40303265045", "DE136695976"
OSS = make_profile(distance_sales_principle="DESTINATION")
VIENNA = {"country": "AT", "zip_code": "1010", "city": "Wien", "company": "Handel"}


def buyer(vat_id: str | None, **over: Any) -> Address:
    """A company in Vienna that gave this VAT id."""
    return make_address(**(VIENNA | {"vat_id": vat_id} | over))


def answer(result: str, vat_id: str = AUSTRIAN) -> VatCheck:
    """What the authority said."""
    at = datetime(2025, 3, 4, 8, tzinfo=UTC)
    return VatCheck.model_validate(
        {"vat_id": vat_id, "result": result, "checked_at": at, "request_id": "W-1"}
    )


def shown(
    vat_id: str | None = AUSTRIAN,
    check: VatCheck | None = None,
    *,
    rate: str = "20",
    overdue: bool = False,
    make: Any = make_invoice,
    original: Any = None,
    address: Address | None = None,
    **order: Any,
) -> Verdict:
    """The verdict on a sale of 120.00 with VAT shown, to Vienna unless said otherwise."""
    address = address or buyer(vat_id)
    document = make(gross_total=euro("120.00"), address=address, lines=(make_line("120.00", rate),))
    return decide_on(
        document,
        make_order(**({"billing_address": address} | order)),
        profile=OSS,
        original=original,
        vat_check=check,
        check_overdue=overdue,
    )


@pytest.mark.parametrize("check", [None, answer("unavailable"), answer("invalid", FRENCH)])
def test_tax_shown_to_a_foreign_id_waits_for_the_authority_r52(check: VatCheck | None) -> None:
    verdict = shown(check=check)
    assert isinstance(verdict, Park) and verdict.reason is DocumentReason.VAT_CHECK_PENDING
    assert verdict.params == {"vat_id": AUSTRIAN}


def test_a_valid_id_parks_what_shows_tax_r39() -> None:
    assert parked(shown(check=answer("valid"))) is DocumentReason.TAX_SHOWN_TO_COMPANY
    assert parked(shown(check=answer("valid"), overdue=True)) is DocumentReason.TAX_SHOWN_TO_COMPANY


def test_an_invalid_id_is_nobody_and_tax_is_booked_as_shown_with_the_answer_r52() -> None:
    decision = booked(shown(check=answer("invalid")))
    assert decision.lines[0].category_id == OSS_CATEGORY
    assert "vat_id.invalid_tax_as_shown" in decision.rules
    assert decision.evidence["vat_check"] == answer("invalid").model_dump(mode="json")
    assert isinstance(decision.contact, SingleContact) and decision.contact.customer.vat_id is None


@pytest.mark.parametrize("check", [None, answer("unavailable")])
def test_without_an_answer_in_time_tax_is_booked_as_shown_and_said_to_be_unchecked_r52(
    check: VatCheck | None,
) -> None:
    decision = booked(shown(check=check, overdue=True))
    assert decision.lines[0].category_id == OSS_CATEGORY
    assert "vat_id.not_checked_tax_as_shown" in decision.rules


@pytest.mark.parametrize("result", ["invalid", "unavailable"])
def test_a_correction_stands_on_what_was_known_of_its_invoice_r52(result: str) -> None:
    original = make_original(gross_total=euro("120.00"), checked=answer(result))
    decision = booked(shown(check=answer("valid"), make=make_credit_note, original=original))
    assert decision.lines[0].category_id == OSS_CATEGORY
    assert decision.evidence["vat_check"] == answer(result).model_dump(mode="json")


def test_a_correction_whose_invoice_was_never_asked_about_asks_itself_r52() -> None:
    original = make_original(gross_total=euro("120.00"))
    assert parked(shown(make=make_credit_note, original=original)) is DocumentReason.VAT_CHECK_PENDING


@pytest.mark.parametrize(
    ("vat_id", "rate", "expected"),
    [
        (AUSTRIAN, "20", AUSTRIAN),
        (FRENCH, "20", FRENCH),
        (GERMAN, "20", None),
        (AUSTRIAN, "0", AUSTRIAN),
        (FRENCH, "0", None),
        ("ATU1", "20", None),
    ],
)
def test_any_foreign_id_beside_tax_is_asked_about_and_the_sellers_state_never_r52(
    vat_id: str, rate: str, expected: str | None
) -> None:
    document = make_invoice(address=buyer(vat_id), lines=(make_line("120.00", rate),))
    order = make_order(billing_address=document.address)
    assert vat_id_to_check(document, order, make_profile()) == expected


def test_a_german_company_that_has_goods_sent_to_austria_is_taxed_at_home() -> None:
    decision = booked(shown(GERMAN, rate="19"))
    assert [line.category_id for line in decision.lines] == [GOODS_CATEGORY]
    assert "domestic.home_company_abroad" in decision.rules
    at_home = make_address(company="Muster GmbH", vat_id=GERMAN)
    delivered = shown(rate="19", address=at_home, shipping_address=buyer(None, company="Muster GmbH"))
    assert "domestic.home_company_abroad" in booked(delivered).rules


def test_a_german_company_taxed_at_the_rate_over_there_is_parked_by_its_rate() -> None:
    assert parked(shown(GERMAN, rate="20")) is DocumentReason.RATE_OF_OTHER_COUNTRY


def test_a_company_without_any_foreign_id_is_a_case_of_its_own_when_it_pays_no_tax() -> None:
    assert parked(shown(GERMAN, rate="0")) is DocumentReason.VAT_ID_NOT_FOREIGN
    assert parked(shown(None, rate="0")) is DocumentReason.VAT_ID_MISSING
    assert isinstance(shown(None, rate="20"), Decision)


@pytest.mark.parametrize(
    ("text", "country", "value", "fits"),
    [
        ("U13585627", "AT", AUSTRIAN, True),
        ("136695976", "de", GERMAN, True),
        ("40303265045", "FR", FRENCH, True),
        ("094259216", "GR", "EL094259216", True),
        ("U13585627", "DE", "U13585627", False),
        ("ATU13585627", "DE", AUSTRIAN, True),
        ("U13585627", None, "U13585627", False),
        ("U13585627", "CH", "U13585627", False),
    ],
)
def test_an_id_without_its_letters_is_read_with_the_address_country(
    text: str, country: str | None, value: str, fits: bool
) -> None:
    found = read_vat_id(text, country)
    assert found is not None and (found.value, found.is_well_formed) == (value, fits)


def test_an_untaxed_sale_to_an_id_without_letters_is_checked_r27() -> None:
    verdict = shown("U13585627", rate="0", check=answer("valid"))
    assert "intra_community_supply" in booked(verdict).rules


PICKED_UP = {"name": "Selbstabholung im Laden"}


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("Selbstabholung im Laden", True),
        ("Abholung", True),
        ("Click & Collect", True),
        ("Pick-up at our store", True),
        ("Filialabholung", True),
        ("Abholung in unserer Filiale Köln", True),
        ("Selbstabholung im Kompostwerk", True),
        ("Selbstabholer", True),
        ("Abholer", True),
        ("Wird abgeholt", True),
        ("DHL Paket", False),
        ("Abholung in DHL-Filiale", False),
        ("Spedition mit Abholung des Altgeräts", False),
        ("Lieferung, Altgerät-Abholung inklusive", False),
        ("Abholung durch Kurier", False),
        ("Abholung in der Postfiliale", False),
        ("Abholung im DPD Paketshop", False),
    ],
)
def test_goods_fetched_at_the_shop_are_supplied_there_r51(name: str, here: bool) -> None:
    verdict = shown(None, rate="19", shipping={"name": name})
    if here:
        assert booked(verdict).lines[0].category_id == GOODS_CATEGORY
        assert "place.picked_up" in booked(verdict).rules
    else:
        assert parked(verdict) is DocumentReason.DISTANCE_SALES_MISMATCH


def test_the_settings_name_further_ways_to_fetch_goods_r51() -> None:
    address = buyer(None)
    document = make_invoice(gross_total=euro("120"), address=address, lines=(make_line("120", "19"),))
    for method in ({"name": "Lager Passau"}, {"name": "Passau", "method_id": "M-7"}):
        order = make_order(billing_address=address, shipping=method)
        settings = MerchantSettings(pickup_shipping_methods=("lager passau", "M-7"))
        assert "place.picked_up" in booked(decide_on(document, order, profile=OSS, settings=settings)).rules


def test_services_on_site_are_supplied_there_and_nothing_else_with_them_r51() -> None:
    address = buyer(None)
    settings = MerchantSettings(on_site_tax_classes=("Tickets",), sells="services")
    ticket = make_line("120", "19", tax_class="Tickets")
    other = make_line("60", "20", tax_class="normal", line_id="line-2")
    order = make_order(billing_address=address)
    one = make_invoice(gross_total=euro("120"), address=address, lines=(ticket,))
    assert "place.on_site" in booked(decide_on(one, order, profile=OSS, settings=settings)).rules
    both = make_invoice(gross_total=euro("180"), address=address, lines=(ticket, other))
    assert (
        parked(decide_on(both, order, profile=OSS, settings=settings))
        is DocumentReason.GOODS_AND_SERVICES_MIXED
    )


def test_a_correction_of_fetched_goods_keeps_their_place_r51() -> None:
    original = make_original(gross_total=euro("120.00"), issued_on=date(2025, 3, 4))
    verdict = shown(None, rate="19", make=make_credit_note, original=original, shipping=PICKED_UP)
    assert booked(verdict).lines[0].category_id == GOODS_CATEGORY
