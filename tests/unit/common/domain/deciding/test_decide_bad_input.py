"""Bad input is parked or cleaned: never a traceback, never a wrong booking."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.domain.buyers import VatCheck
from common.domain.cleaning import clean
from common.domain.merchant import MerchantSettings
from common.domain.reasons import DocumentReason
from common.domain.stored_words import VatResult
from common.domain.verdicts import Exclude, Park, SingleContact
from factories.documents import (
    decide_on,
    euro,
    make_address,
    make_invoice,
    make_line,
    make_order,
    make_profile,
)
from factories.verdicts import booked

HOSTILE = (
    "Ä" * 300,
    "\u202eشركة\u202c",
    "👩\u200d🚀 Mara 🚀",
    "NUL\x00Name",
    "half\ud83d",
    "a\r\nb",
    "&amp;lt;",
)
FIELDS = ("first_name", "last_name", "company", "street", "city", "vat_id", "zip_code")
BERLIN = make_address()
VIENNA = make_address(country="AT", zip_code="1010", city="Wien")
FREE = {"gross_total": euro("49.90"), "lines": (make_line("49.90", "0"),)}
CONTRADICTORY, UNKNOWN = DocumentReason.COUNTRY_CONTRADICTORY, DocumentReason.COUNTRY_UNKNOWN
IN_VIENNA = {"billing_address": VIENNA}
OSS = make_profile(distance_sales_principle="DESTINATION")


def at(rate: str) -> dict[str, Any]:
    """One line at this rate."""
    return {"gross_total": euro("49.90"), "lines": (make_line("49.90", rate),)}


@pytest.mark.parametrize(
    ("document", "order", "expected"),
    [
        pytest.param({}, {"billing_address": VIENNA}, CONTRADICTORY, id="contradictory countries"),
        pytest.param({"address": make_address(zip_code="A-1010")}, {}, CONTRADICTORY, id="postcode abroad"),
        pytest.param({"address": make_address(country="QQ")}, {}, UNKNOWN, id="unknown country"),
        pytest.param({"address": make_address(country="\x00")}, {}, UNKNOWN, id="NUL as country"),
        pytest.param({"address": None}, {}, UNKNOWN, id="missing address"),
        pytest.param({"address": None}, {"billing_address": None}, UNKNOWN, id="no address anywhere"),
        pytest.param(
            {"address": VIENNA.model_copy(update={"vat_id": "FR40303265045"}), **FREE},
            {"billing_address": VIENNA},
            DocumentReason.VAT_ID_OF_OTHER_STATE,
            id="VAT id of the wrong country",
        ),
        pytest.param(
            {"address": VIENNA, **at("22")}, IN_VIENNA, DocumentReason.RATE_UNKNOWN, id="rate of nobody"
        ),
        pytest.param(
            {"address": VIENNA, **at("5")},
            {"billing_address": VIENNA},
            DocumentReason.RATE_NOT_VALID_ON_DATE,
            id="rate not valid on the date",
        ),
        pytest.param(
            {"address": VIENNA, **at("20")},
            {"billing_address": VIENNA, "shipping_address": BERLIN},
            DocumentReason.RATE_OF_OTHER_COUNTRY,
            id="rate of another country",
        ),
        pytest.param({"gross_total": euro("0"), "lines": ()}, {}, "zero_total", id="zero total"),
        pytest.param(
            {
                "gross_total": euro("39.90"),
                "lines": (make_line(), make_line("-10.00", "7", line_id="line-2")),
            },
            {},
            DocumentReason.MIXED_SIGNS,
            id="negative line",
        ),
        pytest.param(
            {"gross_total": euro("-49.90")}, {}, DocumentReason.NEGATIVE_INVOICE, id="negative invoice"
        ),
    ],
)
def test_what_contradicts_itself_is_parked_or_left_out(
    document: dict[str, Any], order: dict[str, Any], expected: object
) -> None:
    verdict = decide_on(make_invoice(**document), make_order(**order), profile=OSS)
    assert isinstance(verdict, Park | Exclude), verdict
    assert (verdict.reason if isinstance(verdict, Park) else verdict.rule) == expected
    assert verdict.model_dump_json()


@pytest.mark.parametrize("settings", [MerchantSettings(), MerchantSettings(contacts="single")])
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("field", FIELDS)
def test_hostile_text_in_an_address_is_cleaned_and_the_document_booked(
    field: str, name: str, settings: MerchantSettings
) -> None:
    address = make_address(**{field: name})
    verdict = decide_on(make_invoice(address=address), make_order(billing_address=address), settings=settings)
    contact = booked(verdict).contact
    texts = contact.customer.model_dump() if isinstance(contact, SingleContact) else contact.model_dump()
    for text in texts.values():
        assert text is None or (len(text) <= 100 and clean(text) == text), text
    assert booked(verdict).model_dump_json().encode()


def test_an_answer_about_another_vat_id_proves_nothing_r27() -> None:
    address = VIENNA.model_copy(update={"company": "Wiener GmbH", "vat_id": "ATU13585627"})
    check = VatCheck(
        vat_id="FR40303265045", result=VatResult.VALID, checked_at=datetime(2025, 3, 1, tzinfo=UTC)
    )
    document, order = make_invoice(address=address, **FREE), make_order(billing_address=address)
    verdict = decide_on(document, order, vat_check=check)
    assert isinstance(verdict, Park)
    assert (verdict.reason, verdict.params) == (DocumentReason.VAT_CHECK_PENDING, {"vat_id": "ATU13585627"})


@pytest.mark.parametrize("hours", [0, 2, 24])
def test_the_merchant_says_how_long_a_vat_id_check_is_waited_for_r27(hours: int) -> None:
    address = VIENNA.model_copy(update={"company": "Wiener GmbH", "vat_id": "ATU13585627"})
    document, order = make_invoice(address=address, **FREE), make_order(billing_address=address)
    verdict = decide_on(document, order, settings=MerchantSettings(vat_check_wait_hours=hours))
    assert isinstance(verdict, Park)
    assert verdict.waits is not None
    assert verdict.waits.total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("given", "named", "is_excluded"),
    [
        ({"name": "Vorkasse"}, ("vorkasse",), True),
        ({"provider": "KLARNA"}, (" Klarna ",), True),
        ({"method_id": "pm-7"}, ("PM-7",), True),
        ({"name": "Klarna Rechnung"}, ("Klarna",), False),
        ({"name": "PayPal"}, (), False),
        ({"name": " "}, ("", " "), False),
    ],
)
def test_payment_methods_are_left_out_by_their_whole_name(
    given: dict[str, str], named: tuple[str, ...], is_excluded: bool
) -> None:
    order = make_order()
    assert order.payment is not None
    payment = order.payment.model_copy(update={"name": None, "provider": None, **given})
    order = order.model_copy(update={"payment": payment})
    verdict = decide_on(make_invoice(), order, settings=MerchantSettings(excluded_payment_methods=named))
    assert isinstance(verdict, Exclude) is is_excluded


@pytest.mark.parametrize(
    ("given", "named", "is_excluded"),
    [
        (("bar",), ("Bar",), True),
        (("bar",), (" #BAR ",), True),
        (("eilig", "straße"), ("STRASSE",), True),
        (("barzahlung",), ("bar",), False),
        (("bar",), (), False),
        ((), ("", "#"), False),
    ],
)
def test_orders_are_left_out_by_a_whole_tag(
    given: tuple[str, ...], named: tuple[str, ...], is_excluded: bool
) -> None:
    order = make_order(tags=given)
    verdict = decide_on(make_invoice(), order, settings=MerchantSettings(excluded_tags=named))
    assert isinstance(verdict, Exclude) is is_excluded
