"""What an order or a document contains and what it adds up to: prices, discounts and tax per rate."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import BaseModel

from sandbox.epages.values import allocate, cents

TaxModel = Literal["GROSS", "NET"]
ZERO = Decimal(0)


class Line(BaseModel):
    """One product line; the price is per unit, in the shop's tax model."""

    line_id: str
    product_id: str
    sku: str
    name: str
    quantity: Decimal
    unit: str = "Stück"
    price: Decimal
    rate: Decimal
    home_rate: Decimal | None = None  # inside the price although nothing is taxed; see Basket.nets_totals
    tax_class: str | None = None
    coupon_share: Decimal = ZERO
    variation: str | None = None
    weight_grams: int | None = None

    @property
    def total(self) -> Decimal:
        """Unit price times quantity, before every discount."""
        return cents(self.price * self.quantity)


class Part(BaseModel):
    """The share of shipping or payment fee that is taxed at one rate."""

    rate: Decimal
    amount: Decimal


class Coupon(BaseModel):
    """A coupon; its amount is positive here and its shares stand on the lines."""

    amount: Decimal
    coupon_id: str
    campaign_id: str | None = None
    shows_shares: bool = True


class Discount(BaseModel):
    """A discount on the whole basket, positive here."""

    name: str
    amount: Decimal


class Extra(BaseModel):
    """A bottle deposit, an eco participation or a shipping option on top of the lines."""

    name: str
    amount: Decimal
    rate: Decimal
    product_guid: str | None = None


class Totals(NamedTuple):
    """Sums of a basket; tax is taken out of each rate's total, half-up."""

    grand: Decimal
    before_tax: Decimal
    tax: Decimal
    subtotal: Decimal
    tax_by_rate: Mapping[Decimal, Decimal]


class Basket(BaseModel):
    """Lines with everything that is added to or taken off them.

    `nets_totals`: nobody is taxed, all prices are gross all the same, and the sums come without the rates
    that the products have at home.
    """

    tax_model: TaxModel = "GROSS"
    currency: str = "EUR"
    nets_totals: bool = False
    lines: list[Line] = []
    shipping: list[Part] = []
    fee: list[Part] = []
    coupon: Coupon | None = None
    discount: Discount | None = None
    deposits: list[Extra] = []
    eco_participations: list[Extra] = []
    shipping_options: list[Extra] = []

    @property
    def subtotal(self) -> Decimal:
        """Sum of the product lines before every discount."""
        return sum((line.total for line in self.lines), ZERO)

    @property
    def shipping_price(self) -> Decimal:
        return sum((part.amount for part in self.shipping), ZERO)

    @property
    def fee_price(self) -> Decimal:
        return sum((part.amount for part in self.fee), ZERO)

    @property
    def extras(self) -> list[Extra]:
        return [*self.deposits, *self.eco_participations, *self.shipping_options]

    def discount_shares(self) -> list[Decimal]:
        """The basket discount spread over the lines by their totals."""
        amount = self.discount.amount if self.discount else ZERO
        return allocate(amount, [line.total for line in self.lines])

    def by_rate(self) -> dict[Decimal, Decimal]:
        """What is charged at each rate, in the shop's tax model."""
        if self.nets_totals:
            return {ZERO: self._net_total()}
        sums: defaultdict[Decimal, Decimal] = defaultdict(lambda: ZERO)
        for line, share in zip(self.lines, self.discount_shares(), strict=True):
            sums[line.rate] += line.total - line.coupon_share - share
        for part in [*self.shipping, *self.fee]:
            sums[part.rate] += part.amount
        for extra in self.extras:
            sums[extra.rate] += extra.amount
        return dict(sums)

    def _net_total(self) -> Decimal:
        """Each part without the home rate in it; what all lines share has that of the first line."""
        shared = self.lines[0].home_rate if self.lines else None
        parts = [(line.total, line.home_rate) for line in self.lines]
        parts += [(part.amount, shared) for part in [*self.shipping, *self.fee]]
        parts += [(extra.amount, shared) for extra in self.extras]
        parts += [(-taken.amount, shared) for taken in (self.coupon, self.discount) if taken]
        return sum((cents(amount * 100 / (100 + (rate or ZERO))) for amount, rate in parts), ZERO)

    def totals(self) -> Totals:
        """Grand total, net and tax; gross is always net plus tax."""
        charged = self.by_rate()
        taxes = {rate: tax_within(self.tax_model, rate, amount) for rate, amount in charged.items()}
        whole, tax = sum(charged.values(), ZERO), sum(taxes.values(), ZERO)
        if self.tax_model == "NET":
            return Totals(whole + tax, whole, tax, self.subtotal, taxes)
        return Totals(whole, whole - tax, tax, self.subtotal, taxes)


def tax_within(tax_model: TaxModel, rate: Decimal, amount: Decimal) -> Decimal:
    """The tax in a gross amount, or on top of a net one."""
    divisor = Decimal(100) if tax_model == "NET" else 100 + rate
    return cents(amount * rate / divisor)


def with_coupon(basket: Basket, coupon: Coupon) -> Basket:
    """The same basket with the coupon's shares on its lines."""
    shares = allocate(coupon.amount, [line.total for line in basket.lines])
    lines = [
        line.model_copy(update={"coupon_share": share})
        for line, share in zip(basket.lines, shares, strict=True)
    ]
    return basket.model_copy(update={"lines": lines, "coupon": coupon})


def split(amount: Decimal, basket: Basket, *, over_rates: bool, rate: Decimal | None = None) -> list[Part]:
    """Tax shipping or a fee at one rate (given, or the main one), or in proportion to the goods."""
    weights: defaultdict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for line in basket.lines:
        weights[line.rate] += line.total
    if rate is None and not weights:
        rate = Decimal(19)
    if rate is not None:
        return [Part(rate=rate, amount=amount)]
    if not over_rates:
        main = max(weights, key=lambda known: (weights[known], known))
        return [Part(rate=main, amount=amount)]
    shares = allocate(amount, list(weights.values()))
    return [Part(rate=known, amount=share) for known, share in zip(weights, shares, strict=True)]


class Pick(NamedTuple):
    """A quantity taken from the line at this place."""

    line: int
    quantity: Decimal


def take(basket: Basket, picks: Sequence[Pick], shipping: Decimal) -> Basket:
    """Part of a basket: some quantities, their shares of the discounts, and some of the shipping."""
    discounts = basket.discount_shares()
    lines, discount = [], ZERO
    for pick in picks:
        line = basket.lines[pick.line]
        part = pick.quantity / line.quantity
        share = cents(line.coupon_share * part)
        lines.append(line.model_copy(update={"quantity": pick.quantity, "coupon_share": share}))
        discount += cents(discounts[pick.line] * part)
    return Basket(
        tax_model=basket.tax_model,
        currency=basket.currency,
        nets_totals=basket.nets_totals,
        lines=lines,
        shipping=_scaled(basket.shipping, shipping),
        coupon=_coupon_of(basket, lines),
        discount=basket.discount.model_copy(update={"amount": discount}) if basket.discount else None,
    )


def _coupon_of(basket: Basket, lines: Sequence[Line]) -> Coupon | None:
    if basket.coupon is None:
        return None
    return basket.coupon.model_copy(update={"amount": sum((line.coupon_share for line in lines), ZERO)})


def _scaled(parts: Sequence[Part], amount: Decimal) -> list[Part]:
    if amount == 0:
        return []
    if not parts:
        return [Part(rate=Decimal(19), amount=amount)]
    shares = allocate(amount, [part.amount for part in parts])
    return [Part(rate=part.rate, amount=share) for part, share in zip(parts, shares, strict=True)]
