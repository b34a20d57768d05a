"""A document's gross total split over the rates, so that the parts always add up to it to the cent."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from common.domain.amounts.gross_prices import rates_taken_out
from common.domain.amounts.one_rate import only_rate
from common.domain.amounts.printed import (
    CannotSplit,
    Goods,
    PerRate,
    by_rate,
    plus,
    price_goods,
    refuse_mixed_signs,
    untaxed_lines,
    upright,
)
from common.domain.amounts.tax import ZERO_RATE, is_plausible, plain_rate, tax_in_gross, tax_on_net
from common.domain.documents import Charge, Document, DocumentLine, OrderSnapshot, TaxModel
from common.domain.money import Money, total
from common.domain.reasons import DocumentReason

HALF_CENT = Decimal("0.5")
MICRO = 1_000_000
CLEAR_AT_ONE_RATE = (DocumentReason.MIXED_SIGNS, DocumentReason.DISCOUNT_EXCEEDS_GOODS)
HOME_RATES_TAKEN_OUT = "tax_free.home_rates_taken_out"


@dataclass(frozen=True, slots=True)
class Column:
    """The gross amount of one rate and the tax inside it."""

    rate: Decimal
    gross: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Split:
    """Columns by falling rate, none of them zero, with how they came about.

    `untaxed` are the lines at 0 %, each with its own amount inside that column.
    """

    columns: tuple[Column, ...]
    gross_total: Money
    tax_total: Money
    rules: tuple[str, ...]
    evidence: dict[str, JsonValue]
    untaxed: tuple[tuple[DocumentLine, Money], ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one attempt to split works on: a document with positive amounts and its goods by rate."""

    document: Document
    order: OrderSnapshot
    goods: Goods
    net_prices: bool
    by_order_taxes: bool


def split_amounts(document: Document, order: OrderSnapshot, home_rates: Collection[Decimal] = ()) -> Split:
    """Split the document or refuse.

    Shipping and fee follow the order's own tax entries. Where that misses the document's totals - an order of
    two rates, a document of one - they follow the value of the document's goods, if that meets them.
    A tax-free document of a gross shop may show gross prices beside a net total: `home_rates` are what the
    shop may have taken out of them.
    """
    if order.tax_model is None:
        raise CannotSplit(DocumentReason.TAX_MODEL_UNKNOWN)
    positive = upright(document)
    turned = ("correction.amounts_made_positive",) if positive is not document else ()
    try:
        return _by_rates(positive, order, turned)
    except CannotSplit as refusal:
        split = None
        if refusal.reason in CLEAR_AT_ONE_RATE:
            split = _at_one_rate(positive, order, turned)
        elif refusal.reason is DocumentReason.AMOUNTS_DO_NOT_ADD_UP and order.tax_model is TaxModel.GROSS:
            split = _without_home_rates(positive, order, home_rates, turned)
        if split is None:
            raise
        return split


def _by_rates(document: Document, order: OrderSnapshot, rules: tuple[str, ...]) -> Split:
    refuse_mixed_signs(document)
    goods, net_prices = price_goods(document), order.tax_model is TaxModel.NET
    refusals: list[CannotSplit] = []
    for by_order_taxes in (True, False):
        try:
            return _attempt(_Sheet(document, order, goods, net_prices, by_order_taxes), rules)
        except CannotSplit as refusal:
            refusals.append(refusal)
    raise refusals[0]


def _at_one_rate(document: Document, order: OrderSnapshot, rules: tuple[str, ...]) -> Split | None:
    """The whole total at the document's only rate: no other rate could bear what is below zero."""
    rate = only_rate(document, order)
    if rate is None:
        return None
    column = Column(Decimal(plain_rate(rate)), document.gross_total, tax_in_gross(document.gross_total, rate))
    difference = _checked_tax(document, (column,), column.tax)
    evidence: dict[str, JsonValue] = {"prices": "net" if order.tax_model is TaxModel.NET else "gross"}
    if difference is not None:
        evidence["tax_difference_to_shop"] = str(difference.decimal)
    fired = (*rules, "amounts.one_rate", "tax.by_column")
    worth = Goods({ZERO_RATE: document.gross_total}, {}, Money.zero(document.currency), {}, ())
    untaxed = () if rate else untaxed_lines(document, worth)
    return Split((column,), document.gross_total, column.tax, fired, evidence, untaxed)


def _without_home_rates(
    document: Document, order: OrderSnapshot, home_rates: Collection[Decimal], rules: tuple[str, ...]
) -> Split | None:
    """The net total at 0 %, if it is what the gross prices come to without their home rates."""
    fee = order.payment.price if order.payment is not None else None
    found = rates_taken_out(document, fee, home_rates)
    if found is None or document.gross_total.minor <= 0:
        return None
    nothing = Money.zero(document.currency)
    column = Column(ZERO_RATE, document.gross_total, nothing)
    evidence: dict[str, JsonValue] = {"prices": "gross", "home_rate_taken_out": found.evidence}
    fired = (*rules, HOME_RATES_TAKEN_OUT, "tax.by_column")
    return Split((column,), document.gross_total, nothing, fired, evidence, found.lines)


def _attempt(sheet: _Sheet, rules: tuple[str, ...]) -> Split:
    parts, how = _shared_parts(sheet)
    known = plus(sheet.goods.after, sheet.goods.line_extras, *parts.values())
    gross, fee, fee_rules = _with_fee_net(sheet, known) if sheet.net_prices else _with_fee(sheet, known)
    if any(amount.minor < 0 for amount in gross.values()):
        raise CannotSplit(DocumentReason.DISCOUNT_EXCEEDS_GOODS)
    columns = tuple(
        Column(Decimal(plain_rate(rate)), gross[rate], tax_in_gross(gross[rate], rate))
        for rate in sorted(gross, reverse=True)
        if gross[rate]
    )
    tax_total = total((column.tax for column in columns), sheet.document.currency)
    evidence: dict[str, JsonValue] = {
        "prices": "net" if sheet.net_prices else "gross",
        "goods": _written(sheet.goods.after),
        **{name: _written(part) for name, part in parts.items()},
    }
    if fee:
        evidence["payment_fee"] = _written(fee)
    difference = _checked_tax(sheet.document, columns, tax_total)
    fired = [*rules, *sheet.goods.rules, *how, *fee_rules, "tax.by_column"]
    if difference is not None:
        evidence["tax_difference_to_shop"] = str(difference.decimal)
        if difference:
            fired.append("tax.difference_recorded")
    untaxed = untaxed_lines(sheet.document, sheet.goods)
    return Split(columns, sheet.document.gross_total, tax_total, tuple(fired), evidence, untaxed)


def _shared_parts(sheet: _Sheet) -> tuple[dict[str, PerRate], list[str]]:
    """Shipping and extras that share the tax of the goods, by rate."""
    parts: dict[str, PerRate] = {}
    rules: list[str] = []
    if sheet.document.shipping:
        parts["shipping"], how = _share(sheet, sheet.document.shipping, sheet.order.shipping)
        rules.append(f"shipping.{how}")
    if sheet.goods.shared_extras:
        parts["extras"], how = _share(sheet, sheet.goods.shared_extras, None)
        rules.append(f"extras.{how}")
    return parts, rules


def _with_fee(sheet: _Sheet, known: PerRate) -> tuple[PerRate, PerRate, list[str]]:
    """Gross prices: what is missing to the total is exactly the payment fee, or nothing is missing."""
    document, payment = sheet.document, sheet.order.payment
    missing = document.gross_total - total(known.values(), document.currency)
    if not missing:
        return known, {}, []
    if payment is None or payment.price != missing:
        raise _does_not_add_up(document, missing)
    fee, how = _share(sheet, missing, payment)
    return plus(known, fee), fee, [f"payment_fee.{how}"]


def _with_fee_net(sheet: _Sheet, known: PerRate) -> tuple[PerRate, PerRate, list[str]]:
    """Net prices: tax is put on each rate, and cents missing to the total go onto the highest rate.

    Only tax is rounded, so that at 0 % not a cent may be missing.
    """
    candidates = [_on_top(sheet, known, {}, [])]
    payment = sheet.order.payment
    if payment is not None and payment.price:
        fee, how = _share(sheet, payment.price, payment)
        candidates.append(_on_top(sheet, plus(known, fee), fee, [f"payment_fee.{how}"]))
    gross, fee, rules, missing = min(candidates, key=lambda candidate: abs(candidate[3].minor))
    rates = [rate for rate, amount in gross.items() if rate and amount]
    if abs(missing.minor) > len(rates):
        raise _does_not_add_up(sheet.document, candidates[0][3])
    if missing:
        highest = max(rates)
        gross = plus(gross, {highest: missing})
        rules = [*rules, "net_prices.cents_on_highest_rate"]
    return gross, fee, ["net_prices.tax_added", *rules]


def _on_top(
    sheet: _Sheet, net: PerRate, fee: PerRate, rules: list[str]
) -> tuple[PerRate, PerRate, list[str], Money]:
    gross = {rate: amount + tax_on_net(amount, rate) for rate, amount in net.items()}
    missing = sheet.document.gross_total - total(gross.values(), sheet.document.currency)
    return gross, fee, rules, missing


def _share(sheet: _Sheet, amount: Money, charge: Charge | None) -> tuple[PerRate, str]:
    """A charge split by the order's tax entries for it, else by the value of the goods."""
    weights = dict(_base_weights(sheet, charge)) if sheet.by_order_taxes and charge else {}
    how = "by_order_taxes"
    if not weights:
        weights = {rate: goods.minor for rate, goods in sheet.goods.weights.items() if goods}
        how = "by_goods_value"
    if not weights:
        raise CannotSplit(DocumentReason.TAX_SPLIT_UNCLEAR, amount=str(amount))
    rates = sorted(weights, reverse=True)
    shares = amount.allocate([weights[rate] for rate in rates])
    return dict(zip(rates, shares, strict=True)), how


def _base_weights(sheet: _Sheet, charge: Charge) -> Iterator[tuple[Decimal, int]]:
    """The price behind each tax entry, if the entries explain the order's charge but for their rounding."""
    usable = all(share.rate and is_plausible(share.rate) for share in charge.taxes)
    if not charge.price or not charge.taxes or not usable:
        return
    taxes = by_rate((share.rate, share.tax) for share in charge.taxes)
    factors = {rate: ((ZERO_RATE if sheet.net_prices else rate) + 100) / rate for rate in taxes}
    bases = {rate: tax.minor * factors[rate] for rate, tax in taxes.items()}
    tolerance = HALF_CENT * (1 + sum(factors.values()))
    signs = {base > 0 for base in bases.values() if base}
    if abs(sum(bases.values(), -Decimal(charge.price.minor))) > tolerance or len(signs) > 1:
        return
    for rate, base in bases.items():
        if base:
            yield rate, int(abs(base) * MICRO)


def _checked_tax(document: Document, columns: tuple[Column, ...], tax_total: Money) -> Money | None:
    """How far the tax is from the shop's own; more than a cent per rate, or tax against none, is refused.

    At 0 % there is nothing to round.
    """
    allowed = sum(1 for column in columns if column.rate)
    net_total, shop_tax = document.net_total, document.tax_total
    if net_total is not None and shop_tax is not None:
        missing = document.gross_total - net_total - shop_tax
        if abs(missing.minor) > allowed:
            raise _does_not_add_up(document, missing)
    if shop_tax is None and net_total is not None:
        shop_tax = document.gross_total - net_total
    if shop_tax is None:
        return None
    difference = tax_total - shop_tax
    if abs(difference.minor) > allowed or bool(tax_total) is not bool(shop_tax):
        raise CannotSplit(
            DocumentReason.TAX_SPLIT_UNCLEAR, shop_tax=str(shop_tax), computed_tax=str(tax_total)
        )
    return difference


def _does_not_add_up(document: Document, missing: Money) -> CannotSplit:
    return CannotSplit(
        DocumentReason.AMOUNTS_DO_NOT_ADD_UP, gross_total=str(document.gross_total), unexplained=str(missing)
    )


def _written(amounts: PerRate) -> dict[str, JsonValue]:
    return {plain_rate(rate): str(amount.decimal) for rate, amount in amounts.items()}
