"""Money: sums, shares and wire decimals without a lost cent."""

from decimal import Decimal

import pytest

from common.domain.money import CurrencyMismatch, Money, round_cents, total


def test_wire_amounts_round_half_up_to_the_cent() -> None:
    assert [Money.of(text).minor for text in ("0.005", "0.004", "-0.005", "96.9", "7")] == [
        1,
        0,
        -1,
        9690,
        700,
    ]


def test_floats_are_refused_r21() -> None:
    wire_amount: object = 1 / 4
    with pytest.raises(TypeError):
        Money.of(wire_amount)  # type: ignore[arg-type]


def test_currencies_never_mix() -> None:
    euro, dollar = Money(100), Money(100, "USD")
    with pytest.raises(CurrencyMismatch):
        euro + dollar
    with pytest.raises(CurrencyMismatch):
        assert euro < dollar
    assert euro != dollar


def test_shares_add_up_and_the_last_weighted_part_takes_the_rest() -> None:
    assert Money(100).allocate([1, 1, 1, 0]) == [Money(33), Money(33), Money(34), Money(0)]


def test_shipping_of_a_sixty_forty_basket_splits_into_two_ninety_four_and_one_ninety_six_r17() -> None:
    assert Money.of("4.90").allocate([60, 40]) == [Money.of("2.94"), Money.of("1.96")]


def test_shares_of_a_negative_amount_add_up() -> None:
    assert Money(-100).allocate([2, 1]) == [Money(-67), Money(-33)]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_that_say_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        Money(100).allocate(weights)


def test_total_of_nothing_is_zero_in_the_named_currency() -> None:
    assert total([], "USD") == Money(0, "USD")
    assert total([Money(1), Money(2)]) == Money(3)


def test_half_a_cent_rounds_away_from_zero() -> None:
    assert [round_cents(Decimal(text)) for text in ("0.5", "1.5", "-0.5", "2.4999")] == [1, 2, -1, 2]


def test_text_shows_two_decimals_and_the_currency() -> None:
    assert str(Money(9690)) == "96.90 EUR"
    assert Money(5).decimal == Decimal("0.05")
