"""Tax by the column method, and rates as people write them."""

from decimal import Decimal

import pytest

from common.domain.amounts import plain_rate
from common.domain.amounts.tax import tax_in_gross, tax_on_net
from common.domain.money import Money


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
