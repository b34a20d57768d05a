"""The amounts printed on a document, made positive and grouped by rate, with its discounts taken off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from common.domain.amounts.tax import ZERO_RATE, is_plausible, plain_rate
from common.domain.documents import Document, DocumentLine, DocumentType
from common.domain.money import Money, total
from common.domain.reasons import DocumentReason

Key = TypeVar("Key")
PerRate = dict[Decimal, Money]
PerCategory = dict[str, Money]
DEPOSIT, LINE_SHARES = "deposit", "coupon.line_shares"


class CannotSplit(Exception):
    """The document's amounts do not say clearly what belongs to which rate."""

    def __init__(self, reason: DocumentReason, **params: str) -> None:
        self.reason, self.params = reason, params
        super().__init__(reason.value)


@dataclass(frozen=True, slots=True)
class Goods:
    """Product lines by rate after discounts, the extras in two kinds, and by what shared charges are split.

    `line_extras` carry the rate of the line they name; `shared_extras` share the tax of all goods.
    """

    after: PerRate
    line_extras: PerRate
    shared_extras: Money
    weights: PerRate
    rules: tuple[str, ...]


def upright(document: Document) -> Document:
    """The same document with a total from zero up; a negative invoice is refused."""
    if document.gross_total.minor >= 0:
        return document
    if document.type is DocumentType.INVOICE:
        raise CannotSplit(DocumentReason.NEGATIVE_INVOICE, gross_total=str(document.gross_total))
    return _turned(document)


def refuse_mixed_signs(document: Document) -> None:
    """Raises `CannotSplit` when parts of an upright document are below zero."""
    amounts = [line.price for line in document.lines] + [extra.price for extra in document.extras]
    amounts += [a for a in (document.shipping, document.net_total, document.tax_total) if a is not None]
    if any(amount.minor < 0 for amount in amounts):
        raise CannotSplit(DocumentReason.MIXED_SIGNS)


def price_goods(document: Document) -> Goods:
    """Group lines and extras of an upright document by rate and take coupon and basket discount off."""
    rules: list[str] = []
    before = by_rate((_rate_of_line(line.rate), line.price) for line in document.lines if line.price)
    after = before
    if document.coupon:
        after, rule = _less_coupon(before, document)
        rules.append(rule)
    if document.basket_discount:
        after = _less(after, in_proportion(abs(document.basket_discount), after))
        rules.append("basket_discount.in_proportion")
    line_extras, shared_extras = _extras(document)
    if line_extras:
        rules.append("extras.rate_of_their_line")
    weights = _weights(document, after, before, line_extras)
    return Goods(after, line_extras, shared_extras, weights, tuple(rules))


def by_rate(amounts: Iterable[tuple[Decimal, Money]]) -> PerRate:
    """Sums per rate."""
    return _sums(amounts)


def by_category(amounts: Iterable[tuple[str, Money]]) -> PerCategory:
    """Sums per category, in the order in which the categories first come."""
    return _sums(amounts)


def untaxed_lines(document: Document, goods: Goods) -> tuple[tuple[DocumentLine, Money], ...]:
    """The lines at 0 % of an upright document, each with what is left of it after discounts."""
    lines = [line for line in document.lines if line.rate is not None and not line.rate]
    left = goods.after.get(ZERO_RATE, Money.zero(document.gross_total.currency))
    by_shares = LINE_SHARES in goods.rules
    worth = [max(_worth(line, by_shares), 0) for line in lines]
    shares = left.allocate(worth) if any(worth) else [Money.zero(left.currency)] * len(lines)
    return tuple(zip(lines, shares, strict=True))


def plus(*parts: Mapping[Decimal, Money]) -> PerRate:
    """The parts added rate by rate."""
    return by_rate(item for part in parts for item in part.items())


def in_proportion(amount: Money, weights: Mapping[Decimal, Money]) -> PerRate:
    """The amount split by the weights, highest rate first; the last rate takes the remainder."""
    rates = sorted((rate for rate, weight in weights.items() if weight), reverse=True)
    if not rates:
        raise CannotSplit(DocumentReason.DISCOUNT_EXCEEDS_GOODS, amount=str(amount))
    shares = amount.allocate([weights[rate].minor for rate in rates])
    return dict(zip(rates, shares, strict=True))


def _sums(amounts: Iterable[tuple[Key, Money]]) -> dict[Key, Money]:
    sums: dict[Key, Money] = {}
    for key, amount in amounts:
        sums[key] = sums[key] + amount if key in sums else amount
    return sums


def _weights(document: Document, *by_preference: PerRate) -> PerRate:
    """The first with any value in it; where all is free, the rate that every line has."""
    for amounts in by_preference:
        if any(amounts.values()):
            return amounts
    rates = {line.rate for line in document.lines}
    return {_rate_of_line(rate): Money(1) for rate in rates} if len(rates) == 1 else {}


def _less(amounts: PerRate, discounts: PerRate) -> PerRate:
    reduced = plus(amounts, {rate: -discount for rate, discount in discounts.items()})
    if any(amount.minor < 0 for amount in reduced.values()):
        raise CannotSplit(DocumentReason.DISCOUNT_EXCEEDS_GOODS, amount=str(total(discounts.values())))
    return reduced


def _less_coupon(goods: PerRate, document: Document) -> tuple[PerRate, str]:
    coupon = abs(document.coupon or Money.zero(document.currency))
    shares = by_rate(
        (_rate_of_line(line.rate), abs(line.coupon_share))
        for line in document.lines
        if line.coupon_share and line.price
    )
    if shares and total(shares.values()) == coupon:
        return _less(goods, shares), LINE_SHARES
    return _less(goods, in_proportion(coupon, goods)), "coupon.in_proportion"


def _worth(line: DocumentLine, by_shares: bool) -> int:
    share = line.coupon_share if by_shares else None
    return line.price.minor - (abs(share.minor) if share is not None else 0)


def _extras(document: Document) -> tuple[PerRate, Money]:
    rate_of = {line.line_id: line.rate for line in document.lines if line.line_id}
    bound: list[tuple[Decimal, Money]] = []
    shared = Money.zero(document.gross_total.currency)
    for extra in document.extras:
        rate = rate_of.get(extra.line_id) if extra.line_id else None
        if not extra.price:
            continue
        if rate is not None:
            bound.append((rate, extra.price))
        elif extra.kind == DEPOSIT:
            raise CannotSplit(DocumentReason.DEPOSIT_WITHOUT_LINE, amount=str(extra.price))
        else:
            shared += extra.price
    return by_rate(bound), shared


def _rate_of_line(rate: Decimal | None) -> Decimal:
    if rate is None:
        raise CannotSplit(DocumentReason.RATE_MISSING)
    if not is_plausible(rate):
        raise CannotSplit(DocumentReason.RATE_UNKNOWN, rate=plain_rate(rate))
    return rate


def _turned(document: Document) -> Document:
    return document.model_copy(
        update={
            "gross_total": -document.gross_total,
            "net_total": _negated(document.net_total),
            "tax_total": _negated(document.tax_total),
            "shipping": _negated(document.shipping),
            "coupon": _negated(document.coupon),
            "basket_discount": _negated(document.basket_discount),
            "lines": tuple(
                line.model_copy(update={"price": -line.price, "coupon_share": _negated(line.coupon_share)})
                for line in document.lines
            ),
            "extras": tuple(extra.model_copy(update={"price": -extra.price}) for extra in document.extras),
        }
    )


def _negated(amount: Money | None) -> Money | None:
    return None if amount is None else -amount
