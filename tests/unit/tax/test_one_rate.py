"""A document of one rate books whatever is below zero in it; two rates, or a rate below zero, park (R18)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.documents import OrderSnapshot, TaxModel
from common.domain.merchant import MerchantSettings
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Verdict
from factories.documents import (
    ZERO_CATEGORY,
    decide_on,
    euro,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_payment,
)
from factories.verdicts import booked, parked


def sold(total: str, *prices: tuple[str, str], order: OrderSnapshot | None = None, **over: Any) -> Verdict:
    """The verdict on an invoice over lines of these prices and rates."""
    lines = tuple(make_line(price, rate, line_id=f"line-{n}") for n, (price, rate) in enumerate(prices))
    document = make_invoice(gross_total=euro(total), lines=lines, **over)
    settings = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
    return decide_on(document, order, settings=settings)


@pytest.mark.parametrize(
    ("total", "prices", "over"),
    [
        ("109.00", [("119.00", "19"), ("-10.00", "19")], {}),
        ("109.00", [("119.00", "19"), ("-10.00", "19"), ("0", "7")], {}),
        ("9.00", [("119.00", "19")], {"shipping": euro("20.00"), "coupon": euro("-130.00")}),
        ("9.00", [("119.00", "19")], {"shipping": euro("20.00"), "basket_discount": euro("-130.00")}),
        ("4.00", [("5.00", "7"), ("-6.00", "7")], {"shipping": euro("5.00")}),
        ("90.00", [("100.00", "0"), ("-10.00", "0")], {}),
        ("114.10", [("119.00", "19")], {"shipping": euro("-4.90")}),
        ("107.00", [("119.00", "19"), ("-10.00", "19")], {"order": make_order(payment=make_payment("-2"))}),
    ],
)
def test_what_is_below_zero_at_the_only_rate_is_booked_r18(
    total: str, prices: list[tuple[str, str]], over: dict[str, Any]
) -> None:
    decision = booked(sold(total, *prices, **over))
    assert decision.gross_total == euro(total)
    assert [(line.rate, line.gross) for line in decision.lines] == [(Decimal(prices[0][1]), euro(total))]
    assert "amounts.one_rate" in decision.rules


def test_net_prices_below_zero_book_at_the_only_rate_too_r16() -> None:
    order = make_order(tax_model=TaxModel.NET)
    decision = booked(sold("109.00", ("100.00", "19"), ("-8.40", "19"), order=order))
    assert (decision.gross_total, decision.tax_total) == (euro("109.00"), euro("17.40"))


@pytest.mark.parametrize(
    ("total", "prices", "over", "reason"),
    [
        ("109.00", [("69.00", "19"), ("50.00", "7"), ("-10.00", "7")], {}, DocumentReason.MIXED_SIGNS),
        ("0.00", [("10.00", "19"), ("-10.00", "7")], {}, DocumentReason.MIXED_SIGNS),
        ("-1.00", [("9.00", "19"), ("-10.00", "19")], {}, DocumentReason.NEGATIVE_INVOICE),
        ("108.00", [("119.00", "19"), ("-10.00", "19")], {}, DocumentReason.MIXED_SIGNS),
        (
            "109.00",
            [("119.00", "19"), ("-10.00", "19")],
            {"tax_total": euro("-17.40")},
            DocumentReason.MIXED_SIGNS,
        ),
        (
            "109.00",
            [("119.00", "19"), ("-10.00", "19")],
            {"tax_total": euro("7.13")},
            DocumentReason.TAX_SPLIT_UNCLEAR,
        ),
    ],
)
def test_two_rates_or_a_total_nothing_explains_park_r15(
    total: str, prices: list[tuple[str, str]], over: dict[str, Any], reason: DocumentReason
) -> None:
    assert parked(sold(total, *prices, **over)) is reason


def test_shipping_at_another_rate_competes_with_the_goods_r17() -> None:
    shipping = {"price": euro("5.00"), "taxes": ({"rate": Decimal(7), "tax": euro("0.33")},)}
    order = make_order(shipping=shipping)
    verdict = sold("114.00", ("119.00", "19"), ("-10.00", "19"), shipping=euro("5.00"), order=order)
    assert parked(verdict) is DocumentReason.MIXED_SIGNS


def test_a_correction_that_mixes_signs_stays_parked_r36() -> None:
    lines = (make_line("119.00"), make_line("-10.00", line_id="line-2"))
    verdict = decide_on(make_credit_note(gross_total=euro("109.00"), lines=lines))
    assert parked(verdict) is DocumentReason.MIXED_SIGNS


@given(
    cents=st.lists(st.integers(-200_00, 300_00), min_size=1, max_size=6),
    rate=st.sampled_from((19, 7, 0)),
    off=st.integers(-300, 300),
)
def test_a_basket_of_one_rate_books_exactly_its_own_sum_r15(cents: list[int], rate: int, off: int) -> None:
    whole = sum(cents)
    prices = [(str(Money(each).decimal), str(rate)) for each in cents]
    verdict = sold(str(Money(whole + off).decimal), *prices)
    if off == 0 and whole > 0:
        assert isinstance(verdict, Decision) and verdict.gross_total == Money(whole)
    else:
        assert not isinstance(verdict, Decision)
