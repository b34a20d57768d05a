"""Tax-free orders of gross shops: lines keep the gross prices of the catalogue, totals are net.

The total is trusted only where taking one home rate out of each part gives it, as the shop must have done it;
whatever else it misses may be a lost line.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product

from pydantic import JsonValue

from common.domain.amounts.tax import ZERO_RATE, plain_rate
from common.domain.cleaning import clean
from common.domain.documents import Document, DocumentLine
from common.domain.money import Money, round_cents

MOST_CLASSES, FEW_CLASSES = 6, 2
HALF_CENT = Fraction(1, 2)
Part = tuple[str | None, int]  # the tax class of a line, None for what all lines share; cents


@dataclass(frozen=True, slots=True)
class TakenOut:
    """How the total comes about: the home rate taken out for each tax class, and each line without it."""

    lines: tuple[tuple[DocumentLine, Money], ...]
    evidence: dict[str, JsonValue]


def rates_taken_out(
    document: Document, fee: Money | None, home_rates: Collection[Decimal]
) -> TakenOut | None:
    """One home rate per tax class that explains the total to the cent per part; None where none does.

    `fee` is the payment fee of the order; the document shows no line for it, it may hold it or not.
    """
    if not _is_tax_free(document) or not document.lines:
        return None
    classes = sorted({_class(line) for line in document.lines})
    if len(classes) > MOST_CLASSES:
        return None
    for with_fee in (False, True) if fee else (False,):
        parts = list(_parts(document, fee if with_fee else None))
        for rates in product(sorted(home_rates, reverse=True), repeat=len(classes)):
            by_class = dict(zip(classes, rates, strict=True))
            if _gives(document.gross_total, parts, by_class):
                return _taken_out(document, by_class)
    return None


def _is_tax_free(document: Document) -> bool:
    """Whether every line is at 0 % and the document says that it holds no tax."""
    if any(line.rate is None or line.rate for line in document.lines):
        return False
    tax, net = document.tax_total, document.net_total
    return (tax is not None and not tax) or (tax is None and net == document.gross_total)


def _parts(document: Document, fee: Money | None) -> Iterator[Part]:
    """Every amount the total is made of, discounts below zero."""
    for line in document.lines:
        yield _class(line), line.price.minor
    for taken_off in (document.coupon, document.basket_discount):
        if taken_off:
            yield None, -abs(taken_off.minor)
    for shared in (document.shipping, fee, *(extra.price for extra in document.extras)):
        if shared:
            yield None, shared.minor


def _gives(total: Money, parts: list[Part], rates: Mapping[str, Decimal]) -> bool:
    """Whether the parts come to the total when what all lines share has the lines' rates, or one of them.

    Where rounding alone could hide what is taken out, as with a few cents, nothing is explained.
    """
    nets = [_net(cents, rates[kind]) for kind, cents in parts if kind is not None]
    gross = sum(cents for kind, cents in parts if kind is not None)
    shared = sum(cents for kind, cents in parts if kind is None)
    of_all = sum(nets, Fraction()) / gross if gross else None
    ways = {_net(shared, rate) for rate in rates.values()} | ({shared * of_all} if of_all else set())
    rounding = HALF_CENT * len(parts)
    sums, allowed = _sums(nets, len(parts), is_one_of_many=len(rates) > FEW_CLASSES)
    return any(
        abs(own + way - total.minor) <= allowed and rounding < abs(own + way - gross - shared)
        for own in sums
        for way in ways
    )


def _sums(nets: list[Fraction], parts: int, *, is_one_of_many: bool) -> tuple[set[Fraction], Fraction]:
    """What the lines may come to, and how far from it the total may be: half a cent for each part.

    Many classes have so many ways to come near a total that one of them may hide a lost line. Then the lines
    are rounded as a shop rounds, each or all at once, and only what all of them share has room.
    """
    if not is_one_of_many:
        return {sum(nets, Fraction())}, HALF_CENT * parts
    each = Fraction(sum(map(_cents, nets)))
    return {sum(nets, Fraction()), each}, HALF_CENT * (parts - len(nets) + 1)


def _taken_out(document: Document, rates: Mapping[str, Decimal]) -> TakenOut:
    lines = tuple(
        (line, Money(_cents(_net(line.price.minor, rates[_class(line)])), line.price.currency))
        for line in document.lines
    )
    said: dict[str, JsonValue] = {kind: plain_rate(rate) for kind, rate in rates.items()}
    return TakenOut(lines, said)


def _net(cents: int, rate: Decimal) -> Fraction:
    return cents * 100 / (100 + Fraction(rate))


def _cents(amount: Fraction) -> int:
    return round_cents(Decimal(amount.numerator) / Decimal(amount.denominator))


def _class(line: DocumentLine) -> str:
    return line.tax_class_id or clean(line.tax_class) or plain_rate(ZERO_RATE)
