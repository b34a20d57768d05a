"""The items of a voucher: each rate in the category of its tax case, 0 % by cause, vouchers apart."""

from collections.abc import Iterator

from common.domain.amounts import ZERO_RATE, Column, PerCategory, by_category
from common.domain.cleaning import clean
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.taxcases import PICKED_UP, Sale, Treatment, supplied_at_shop, zero_category
from common.domain.untaxed.vouchers import Apart
from common.domain.verdicts import Park, Trail, VoucherLine


def voucher_lines(
    sale: Sale, treatment: Treatment, apart: Apart, trail: Trail
) -> tuple[VoucherLine, ...] | Park:
    """One item per category and rate, highest rate first; parked where 0 % has no category for its cause."""
    if apart.vouchers and treatment.unmixed and apart.sale.columns:
        return trail.park(DocumentReason.MULTI_PURPOSE_VOUCHER, beside=treatment.name)
    zero = list(apart.vouchers.items())
    items: list[VoucherLine] = []
    for column in apart.sale.columns:
        if column.rate != ZERO_RATE:
            items.append(_item(treatment.category_id, column))
            continue
        explained = _explained(sale, treatment, apart, column, trail)
        if isinstance(explained, Park):
            return explained
        zero += explained.items()
    return (*items, *_untaxed_items(by_category(zero)))


def _explained(
    sale: Sale, treatment: Treatment, apart: Apart, column: Column, trail: Trail
) -> PerCategory | Park:
    """The untaxed amount by category: one for the whole tax case, or one for each line's cause."""
    if not treatment.zero_by_cause:
        if treatment.zero_category_id is None:
            return trail.park(treatment.zero_reason)
        trail.fired(f"zero_rate.{treatment.name}")
        return {treatment.zero_category_id: column.gross}
    amounts: list[tuple[str, Money]] = []
    worth_something = [(line, amount) for line, amount in apart.sale.untaxed if amount]
    for line, amount in worth_something or apart.sale.untaxed:
        category_id = zero_category(line, sale.case.settings, only_by_rule=_is_taken_abroad(sale))
        if category_id is None:
            said = {"product": clean(line.name), "tax_class": clean(line.tax_class), "sku": clean(line.sku)}
            return trail.park(treatment.zero_reason, **said)
        amounts.append((category_id, amount))
    if not amounts and sale.case.settings.domestic_zero_category_id is None:
        return trail.park(treatment.zero_reason)
    by_category = _with_charges(sale, amounts, column.gross)
    trail.fired(
        f"zero_rate.{treatment.name}",
        zero_rate={key: str(amount.decimal) for key, amount in by_category.items()},
    )
    return by_category


def _is_taken_abroad(sale: Sale) -> bool:
    """Whether a buyer from elsewhere fetched the goods: he may be taking them out of the country untaxed."""
    return not sale.invoice_place.is_home and supplied_at_shop(sale.case) == PICKED_UP


def _with_charges(sale: Sale, amounts: list[tuple[str, Money]], gross: Money) -> PerCategory:
    """Each cause's lines with their share, by value, of what all lines share: shipping, fee, extras."""
    goods = by_category(amounts)
    if not goods:
        return {sale.case.settings.domestic_zero_category_id or "": gross}
    shares = gross.allocate(
        [amount.minor for amount in goods.values()] if any(goods.values()) else [1] * len(goods)
    )
    return {category_id: share for category_id, share in zip(goods, shares, strict=True) if share}


def _untaxed_items(zero: PerCategory) -> Iterator[VoucherLine]:
    for category_id, gross in zero.items():
        if gross:
            yield VoucherLine(
                category_id=category_id, rate=ZERO_RATE, gross=gross, tax=Money.zero(gross.currency)
            )


def _item(category_id: str, column: Column) -> VoucherLine:
    return VoucherLine(category_id=category_id, rate=column.rate, gross=column.gross, tax=column.tax)
