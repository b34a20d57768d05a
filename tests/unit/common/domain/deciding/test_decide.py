"""What is booked, parked and left out, by form of the document and the merchant's settings."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from common.domain.documents import Document, DocumentLine
from common.domain.merchant import GOODS_CATEGORY, MerchantSettings
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import CollectiveContact, Decision, Exclude, Park
from factories.documents import (
    ZERO_CATEGORY,
    decide_on,
    euro,
    make_invoice,
    make_line,
    make_order,
    make_payment,
    make_profile,
    zero_rated,
)
from factories.verdicts import booked, excluded, parked


def test_a_domestic_invoice_becomes_a_sales_invoice() -> None:
    decision = booked(decide_on(make_invoice()))
    assert decision.voucher_type == "salesinvoice"
    assert decision.voucher_number == "R-2025-0311"
    assert (decision.gross_total, decision.tax_total) == (euro("49.90"), euro("7.97"))
    assert [(line.category_id, line.rate, line.gross, line.tax) for line in decision.lines] == [
        (GOODS_CATEGORY, Decimal(19), euro("49.90"), euro("7.97"))
    ]
    assert decision.contact == CollectiveContact(name="Mara Beispiel")
    assert "domestic" in decision.rules


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        (datetime(2024, 12, 31, 22, 59, tzinfo=UTC), date(2024, 12, 31)),
        (datetime(2024, 12, 31, 23, 30, tzinfo=UTC), date(2025, 1, 1)),
        (datetime(2025, 6, 30, 21, 59, tzinfo=UTC), date(2025, 6, 30)),
        (datetime(2025, 6, 30, 22, 30, tzinfo=UTC), date(2025, 7, 1)),
    ],
)
def test_the_voucher_date_is_the_calendar_date_in_berlin_r12(moment: datetime, on: date) -> None:
    assert booked(decide_on(make_invoice(issued_at=moment))).voucher_on == on


def test_the_shipping_date_is_sent_only_when_the_order_knows_it_r33() -> None:
    assert booked(decide_on(make_invoice())).shipping_on is None
    order = make_order(dispatched_at=datetime(2025, 3, 4, 23, 30, tzinfo=UTC))
    assert booked(decide_on(make_invoice(), order)).shipping_on == date(2025, 3, 5)


def test_a_zero_total_is_left_out() -> None:
    assert excluded(decide_on(make_invoice(gross_total=euro("0")))) == "zero_total"
    free = (make_line("10", "19", coupon_share=euro("10")), make_line("0", "7"))
    assert excluded(decide_on(make_invoice(gross_total=euro("0"), lines=free))) == "zero_total"


@pytest.mark.parametrize(
    "lines",
    [
        (make_line("-10", "19"), make_line("10", "19"), make_line("5", "7"), make_line("-5", "7")),
        (make_line("-10", "19"), make_line("0", "7")),
    ],
)
def test_goods_taken_back_at_their_own_rate_leave_nothing_to_book(lines: tuple[DocumentLine, ...]) -> None:
    assert excluded(decide_on(make_invoice(gross_total=euro("0"), lines=lines))) == "zero_total"


def test_a_cent_of_one_rate_for_a_cent_of_another_shifts_vat_r39() -> None:
    lines = (make_line("0.01", "19"), make_line("-0.01", "7"))
    assert parked(decide_on(make_invoice(gross_total=euro("0"), lines=lines))) is DocumentReason.MIXED_SIGNS


def test_a_zero_total_that_shifts_vat_is_parked_r39() -> None:
    exchanged = (make_line("10", "19"), make_line("-10", "7"))
    assert (
        parked(decide_on(make_invoice(gross_total=euro("0"), lines=exchanged))) is DocumentReason.MIXED_SIGNS
    )
    free = (make_line("10", "19", coupon_share=euro("10")),)
    shown = make_invoice(gross_total=euro("0"), lines=free, coupon=euro("-10"), tax_total=euro("1.60"))
    shown = shown.model_copy(update={"tax_total": euro("1.60")})
    assert parked(decide_on(shown)) is DocumentReason.TAX_SPLIT_UNCLEAR


@pytest.mark.parametrize(("start_on", "left_out"), [(date(2025, 3, 5), True), (date(2025, 3, 4), False)])
def test_documents_before_the_start_date_are_left_out(start_on: date, left_out: bool) -> None:
    verdict = decide_on(make_invoice(), settings=MerchantSettings(start_on=start_on))
    assert isinstance(verdict, Exclude) is left_out
    assert not left_out or excluded(verdict) == "before_start_date"


def test_a_paused_transfer_books_nothing() -> None:
    assert (
        parked(decide_on(make_invoice(), settings=MerchantSettings(mode="paused")))
        is DocumentReason.TRANSFER_PAUSED
    )


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", DocumentReason.NUMBER_MISSING),
        ("   ", DocumentReason.NUMBER_MISSING),
        ("R" * 41, DocumentReason.NUMBER_TOO_LONG),
        ("R-1\x00", DocumentReason.NUMBER_UNUSABLE),
        ("R-1\u202e2", DocumentReason.NUMBER_UNUSABLE),
        ("R-\ud800", DocumentReason.NUMBER_UNUSABLE),
    ],
)
def test_a_number_that_cannot_be_kept_is_parked(number: str, reason: DocumentReason) -> None:
    verdict = decide_on(make_invoice(number=number))
    assert parked(verdict) is reason
    assert verdict.model_dump_json()


def test_a_number_of_forty_characters_is_kept_as_it_is() -> None:
    number = "R/2025-" + "ä" * 33
    assert booked(decide_on(make_invoice(number=number))).voucher_number == number


@pytest.mark.parametrize(
    "document",
    [
        make_invoice(currency="USD", gross_total=Money(4990, "USD"), lines=()),
        make_invoice(lines=(make_line(price="49.90").model_copy(update={"price": Money(4990, "CHF")}),)),
    ],
    ids=["document", "line"],
)
def test_only_euro_is_booked_r20(document: Document) -> None:
    assert parked(decide_on(document)) is DocumentReason.NOT_EURO


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"small_business": True}, DocumentReason.SMALL_BUSINESS_TAXED),
        ({"tax_type": "vatfree"}, DocumentReason.SELLER_TAX_EXEMPT),
        ({"business_features": ("INVOICING",)}, DocumentReason.BOOKKEEPING_UNAVAILABLE),
    ],
)
def test_a_seller_that_cannot_be_booked_for_is_parked(
    over: dict[str, object], reason: DocumentReason
) -> None:
    assert parked(decide_on(make_invoice(), profile=make_profile(**over))) is reason


def test_a_profile_that_lists_no_features_is_no_obstacle() -> None:
    booked(decide_on(make_invoice(), profile=make_profile(business_features=())))


def test_verdicts_survive_json_unchanged() -> None:
    settings = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
    decision = booked(decide_on(zero_rated(), make_order(payment=make_payment()), settings=settings))
    park = decide_on(zero_rated())
    exclude = decide_on(make_invoice(gross_total=euro("0")))
    assert Decision.model_validate_json(decision.model_dump_json()) == decision
    assert isinstance(park, Park)
    assert Park.model_validate_json(park.model_dump_json()) == park
    assert isinstance(exclude, Exclude)
    assert Exclude.model_validate_json(exclude.model_dump_json()) == exclude


def test_the_same_input_gives_the_same_verdict() -> None:
    assert decide_on(zero_rated()).model_dump_json() == decide_on(zero_rated()).model_dump_json()


def test_parked_verdict_names_the_rule_that_ended_the_trail() -> None:
    verdict = decide_on(zero_rated())
    assert isinstance(verdict, Park)
    assert verdict.rules[-1] == f"park.{verdict.reason.value}"
