"""Rates by day of supply, and tax by the column method."""

from datetime import date
from decimal import Decimal

import pytest

from common.domain.money import Money
from common.domain.tax import is_rate_of, is_rate_on, plain_rate, tax_in_gross, tax_on_net


@pytest.mark.parametrize(
    ("day", "rates"),
    [
        (date(2020, 6, 30), {19, 7}),
        (date(2020, 7, 1), {16, 5}),
        (date(2020, 12, 31), {16, 5}),
        (date(2021, 1, 1), {19, 7}),
        (date(2025, 3, 4), {19, 7}),
        (date(2006, 12, 31), set()),
    ],
)
def test_rates_are_those_of_the_day_of_supply_r23(day: date, rates: set[int]) -> None:
    assert {rate for rate in (5, 7, 16, 19, 20) if is_rate_on("DE", Decimal(rate), day)} == rates


def test_only_rates_germany_ever_had_are_known() -> None:
    assert [rate for rate in range(101) if is_rate_of("DE", Decimal(rate))] == [5, 7, 16, 19]
    assert not is_rate_of("AT", Decimal(20))


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        ("96.90", "19", "15.47"),
        ("56.80", "19", "9.07"),
        ("10.70", "7", "0.70"),
        ("26.35", "19", "4.21"),
        ("0.02", "19", "0.00"),
        ("5.00", "0", "0.00"),
    ],
)
def test_tax_is_taken_out_of_the_whole_column_half_up_r16(gross: str, rate: str, tax: str) -> None:
    assert tax_in_gross(Money.of(gross), Decimal(rate)) == Money.of(tax)


def test_exactly_half_a_cent_of_tax_rounds_up_r16() -> None:
    assert [tax_on_net(Money(net), Decimal(19)) for net in (50, 150, 250)] == [
        Money(10),
        Money(29),
        Money(48),
    ]
    assert tax_in_gross(Money(5), Decimal(100)) == Money(3)


@pytest.mark.parametrize(
    ("rate", "text"), [("19", "19"), ("19.0", "19"), ("20", "20"), ("5.50", "5.5"), ("0", "0")]
)
def test_rates_are_written_plainly(rate: str, text: str) -> None:
    assert plain_rate(Decimal(rate)) == text
