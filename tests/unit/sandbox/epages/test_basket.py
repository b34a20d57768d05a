"""Baskets of the simulated shop add up to the cent as the platform's do."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.epages.basket import Basket, Coupon, Discount, Extra, Line, Part, Pick, split, take, with_coupon
from sandbox.epages.values import cents


def line(price: str, rate: int = 19, quantity: str = "1") -> Line:
    return Line(
        line_id="L",
        product_id="P",
        sku="S",
        name="Ware",
        quantity=Decimal(quantity),
        price=Decimal(price),
        rate=Decimal(rate),
    )


def test_the_contract_example_adds_up() -> None:
    basket = Basket(
        lines=[line("24.95", quantity="2"), line("10.70", 7)],
        shipping=[Part(rate=Decimal(19), amount=Decimal("4.90"))],
        fee=[Part(rate=Decimal(19), amount=Decimal("2.00"))],
    )
    totals = basket.totals()
    assert (totals.grand, totals.before_tax, totals.tax) == (
        Decimal("67.50"),
        Decimal("57.73"),
        Decimal("9.77"),
    )
    assert totals.subtotal == Decimal("60.60")
    assert totals.tax_by_rate == {Decimal(19): Decimal("9.07"), Decimal(7): Decimal("0.70")}


def test_tax_is_taken_out_of_the_sum_of_a_rate_and_not_of_each_line() -> None:
    totals = Basket(lines=[line("8.95"), line("8.95"), line("8.45")]).totals()
    assert (totals.grand, totals.before_tax, totals.tax) == (
        Decimal("26.35"),
        Decimal("22.14"),
        Decimal("4.21"),
    )


def test_a_net_basket_adds_tax_on_top() -> None:
    totals = Basket(tax_model="NET", lines=[line("100.00"), line("10.05", 7)]).totals()
    assert (totals.before_tax, totals.tax, totals.grand) == (
        Decimal("110.05"),
        Decimal("19.70"),
        Decimal("129.75"),
    )


def test_fractions_of_a_quantity_are_rounded_half_up() -> None:
    assert line("12.50", quantity="1.25").total == Decimal("15.63")


def test_coupon_and_discount_reduce_each_rate_and_deposits_come_on_top() -> None:
    basket = Basket(
        lines=[line("80.00"), line("20.00", 7)],
        discount=Discount(name="Treue", amount=Decimal("5.00")),
        deposits=[Extra(name="Pfand", amount=Decimal("0.75"), rate=Decimal(19))],
    )
    basket = with_coupon(basket, Coupon(amount=Decimal("10.00"), coupon_id="C"))
    assert [one.coupon_share for one in basket.lines] == [Decimal("8.00"), Decimal("2.00")]
    assert basket.by_rate() == {Decimal(19): Decimal("68.75"), Decimal(7): Decimal("17.00")}
    assert basket.totals().grand == Decimal("85.75")


def test_shipping_is_split_over_the_rates_of_the_goods() -> None:
    parts = split(Decimal("4.90"), Basket(lines=[line("30.00"), line("10.00", 7)]), over_rates=True)
    assert {part.rate: part.amount for part in parts} == {
        Decimal(19): Decimal("3.68"),
        Decimal(7): Decimal("1.22"),
    }
    main = split(Decimal("4.90"), Basket(lines=[line("5.00"), line("10.00", 7)]), over_rates=False)
    assert [(part.rate, part.amount) for part in main] == [(Decimal(7), Decimal("4.90"))]


def test_part_of_a_basket_takes_its_share_of_the_discounts() -> None:
    whole = Basket(
        lines=[line("10.00", quantity="4"), line("60.00", 7)],
        shipping=[Part(rate=Decimal(19), amount=Decimal("4.90"))],
        discount=Discount(name="Treue", amount=Decimal("10.00")),
    )
    whole = with_coupon(whole, Coupon(amount=Decimal("10.00"), coupon_id="C"))
    part = take(whole, [Pick(0, Decimal(1))], Decimal(0))
    assert part.coupon is not None
    assert part.discount is not None
    assert (part.coupon.amount, part.discount.amount) == (Decimal("1.00"), Decimal("1.00"))
    assert part.totals().grand == Decimal("8.00")
    assert part.shipping == []


@pytest.mark.parametrize("tax_model", ["GROSS", "NET"])
@given(
    lines=st.lists(
        st.tuples(st.integers(0, 100_000), st.sampled_from((0, 7, 19)), st.integers(1, 20)),
        min_size=1,
        max_size=8,
    )
)
def test_gross_is_always_net_plus_tax(tax_model: str, lines: list[tuple[int, int, int]]) -> None:
    rows = [
        line(str(Decimal(minor) / 100), rate, str(Decimal(quarters) / 4)) for minor, rate, quarters in lines
    ]
    totals = Basket.model_validate({"tax_model": tax_model, "lines": rows}).totals()
    assert totals.grand == totals.before_tax + totals.tax
    assert totals.tax == sum(totals.tax_by_rate.values())
    assert all(value == cents(value) for value in totals[:4])
