"""A little shop that reckons in exact fractions and so knows a document's totals without our code."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from common.domain.documents import Charge, Document, DocumentType, Extra, OrderSnapshot, TaxModel, TaxShare
from common.domain.money import Money
from factories.documents import make_credit_note, make_invoice, make_line, make_order, make_payment

Exact = dict[int, Fraction]


@dataclass(frozen=True)
class Item:
    """A product in a basket: unit price in cents, thousandths of a piece, percent, and what goes with it."""

    unit_cents: int
    thousandths: int
    rate: int
    coupon_percent: int = 0
    deposit_cents: int = 0

    @cached_property
    def cents(self) -> int:
        """The line's price."""
        return half_up(Fraction(self.unit_cents * self.thousandths, 1000))

    @property
    def share_cents(self) -> int:
        """The part of a product-bound coupon."""
        return self.cents * self.coupon_percent // 100


@dataclass(frozen=True)
class Basket:
    """What a customer bought and how the shop is set up."""

    items: tuple[Item, ...]
    net_prices: bool = False
    coupon: str = "none"  # none, by_line, whole
    coupon_percent: int = 0
    discount_percent: int = 0
    packing_cents: int = 0
    shipping_cents: int = 0
    shipping_on_highest_rate: bool = False
    fee_cents: int = 0
    tells_taxes: bool = True

    @cached_property
    def coupon_cents(self) -> int:
        """What the coupon takes off, as one amount."""
        if self.coupon == "by_line":
            return sum(item.share_cents for item in self.items)
        return self._goods * self.coupon_percent // 100 if self.coupon == "whole" else 0

    @cached_property
    def discount_cents(self) -> int:
        """What the basket discount takes off after the coupon."""
        return (self._goods - self.coupon_cents) * self.discount_percent // 100

    @property
    def _goods(self) -> int:
        return sum(item.cents for item in self.items)

    def goods_by_rate(self) -> Exact:
        """Goods after discounts."""
        return self._goods_after

    @cached_property
    def _goods_after(self) -> Exact:
        before = added({item.rate: Fraction(item.cents)} for item in self.items)
        if self.coupon == "by_line":
            after = added([before, *({item.rate: -Fraction(item.share_cents)} for item in self.items)])
        else:
            after = added([before, spread(-self.coupon_cents, before)])
        return added([after, spread(-self.discount_cents, after)])

    def shipping_by_rate(self) -> Exact:
        """Shipping by goods value; a shop that tells taxes may put all of it at the highest rate."""
        if self.shipping_on_highest_rate and self.tells_taxes:
            return {max(item.rate for item in self.items): Fraction(self.shipping_cents)}
        return spread(self.shipping_cents, self._weights())

    def bases(self, *, with_fee: bool = True) -> Exact:
        """The exact amount of each rate in the shop's kind of price."""
        deposits = ({item.rate: Fraction(item.deposit_cents)} for item in self.items)
        shared = spread(self.packing_cents + (self.fee_cents if with_fee else 0), self._weights())
        return added([self.goods_by_rate(), self.shipping_by_rate(), shared, *deposits])

    def _weights(self) -> Exact:
        after = self.goods_by_rate()
        return after if any(after.values()) else added({i.rate: Fraction(i.cents)} for i in self.items)


@dataclass(frozen=True)
class Totals:
    """What the shop prints under a document, in cents."""

    gross: int
    tax: int


def totals_of(basket: Basket, *, with_fee: bool = True) -> Totals:
    """Tax is rounded once per rate from the exact base."""
    bases = basket.bases(with_fee=with_fee)
    if basket.net_prices:
        tax = sum(half_up(base * rate / 100) for rate, base in bases.items())
        return Totals(int(sum(bases.values())) + tax, tax)
    tax = sum(half_up(base * rate / (100 + rate)) for rate, base in bases.items())
    return Totals(int(sum(bases.values())), tax)


def order_of(basket: Basket) -> OrderSnapshot:
    """The order, with the tax entries of shipping and payment if the shop tells them."""
    fee_bases = spread(basket.fee_cents, basket._weights())
    shipping = Charge(price=Money(basket.shipping_cents), taxes=_taxes(basket, basket.shipping_by_rate()))
    payment = make_payment().model_copy(
        update={"price": Money(basket.fee_cents), "taxes": _taxes(basket, fee_bases)}
    )
    return make_order(
        tax_model=TaxModel.NET if basket.net_prices else TaxModel.GROSS,
        gross_total=Money(totals_of(basket).gross),
        shipping=shipping,
        payment=payment,
    )


def document_of(
    basket: Basket, kind: DocumentType = DocumentType.INVOICE, *, with_fee: bool = True, sign: int = 1
) -> Document:
    """The document over the whole basket; `sign` -1 writes every amount negative."""
    totals = totals_of(basket, with_fee=with_fee)
    make = make_invoice if kind is DocumentType.INVOICE else make_credit_note
    lines = tuple(
        make_line("0", str(item.rate), line_id=f"line-{place}").model_copy(
            update={
                "quantity": Decimal(item.thousandths) / 1000,
                "unit_price": Money(item.unit_cents),
                "price": Money(sign * item.cents),
                "coupon_share": Money(sign * item.share_cents) if basket.coupon == "by_line" else None,
            }
        )
        for place, item in enumerate(basket.items)
    )
    deposits = [
        Extra(kind="deposit", price=Money(sign * item.deposit_cents), line_id=f"line-{place}")
        for place, item in enumerate(basket.items)
    ]
    packing = Extra(kind="shipping_option", price=Money(sign * basket.packing_cents))
    return make(
        gross_total=Money(sign * totals.gross),
        net_total=Money(sign * (totals.gross - totals.tax)),
        tax_total=Money(sign * totals.tax),
        lines=lines,
        shipping=Money(sign * basket.shipping_cents),
        coupon=Money(-sign * basket.coupon_cents) if basket.coupon_cents else None,
        basket_discount=Money(-sign * basket.discount_cents) if basket.discount_cents else None,
        extras=(*deposits, packing),
    )


def part_of(basket: Basket, items: int, shipping_cents: int) -> Basket:
    """The basket of a partial document: its first items, its own shipping."""
    return replace(basket, items=basket.items[:items], shipping_cents=shipping_cents)


def half_up(value: Fraction) -> int:
    """Rounded to a whole number, halves away from zero."""
    top, bottom = abs(value.numerator), value.denominator
    whole = (2 * top + bottom) // (2 * bottom)
    return whole if value >= 0 else -whole


def spread(cents: int, weights: Exact) -> Exact:
    """An amount over the rates in exact proportion."""
    whole = sum(weights.values())
    return {rate: cents * weight / whole for rate, weight in weights.items()} if whole else {}


def added(parts: object) -> Exact:
    """Sums per rate."""
    sums: Exact = {}
    for part in parts:  # type: ignore[attr-defined]
        for rate, amount in part.items():
            sums[rate] = sums[rate] + amount if rate in sums else amount
    return sums


def _taxes(basket: Basket, bases: Exact) -> tuple[TaxShare, ...]:
    if not basket.tells_taxes:
        return ()
    return tuple(
        TaxShare(
            rate=Decimal(rate),
            tax=Money(half_up(base * rate / (100 if basket.net_prices else 100 + rate))),
        )
        for rate, base in bases.items()
    )
