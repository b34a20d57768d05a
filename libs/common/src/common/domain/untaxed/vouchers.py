"""Takes multi-purpose vouchers out of a document before anybody asks where it is taxed: they are no sale."""

from dataclasses import dataclass, replace

from common.domain.amounts import HOME_RATES_TAKEN_OUT, ZERO_RATE, PerCategory, Split, by_category
from common.domain.cleaning import clean
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.taxcases import is_voucher, zero_category
from common.domain.verdicts import DecisionInput, Park, Trail


@dataclass(frozen=True, slots=True)
class Apart:
    """The document's amounts in two parts: what was sold, and vouchers by the category that owes them."""

    sale: Split
    vouchers: PerCategory


def vouchers_apart(case: DecisionInput, split: Split, trail: Trail) -> Apart | Park:
    """Both parts; parked while no category is chosen for a voucher, or if more than it has no VAT."""
    amounts: list[tuple[str, Money]] = []
    sold = [(line, amount) for line, amount in split.untaxed if not is_voucher(line, case.settings)]
    for line, amount in split.untaxed:
        if not amount or not is_voucher(line, case.settings):
            continue
        category_id = zero_category(line, case.settings)
        if category_id is None:
            return trail.park(
                DocumentReason.MULTI_PURPOSE_VOUCHER, product=clean(line.name), sku=clean(line.sku)
            )
        amounts.append((category_id, amount))
    if not amounts:
        return Apart(split, {})
    if HOME_RATES_TAKEN_OUT in split.rules:  # then nobody knows what the voucher itself is worth
        return trail.park(DocumentReason.MULTI_PURPOSE_VOUCHER, prices="gross")
    vouchers = by_category(amounts)
    rest = _without(split, vouchers)
    charges = sum(column.gross.minor for column in rest.columns if column.rate == ZERO_RATE)
    if charges and not sold:
        return trail.park(
            DocumentReason.MULTI_PURPOSE_VOUCHER, charges=str(Money(charges, split.gross_total.currency))
        )
    trail.fired(
        "multi_purpose_voucher", vouchers={key: str(amount.decimal) for key, amount in vouchers.items()}
    )
    return Apart(replace(rest, untaxed=tuple(sold)), vouchers)


def _without(split: Split, vouchers: PerCategory) -> Split:
    """The same amounts but for the vouchers'."""
    columns = []
    for column in split.columns:
        gross = column.gross
        if column.rate == ZERO_RATE:
            gross = gross - sum(vouchers.values(), start=Money.zero(gross.currency))
        if gross:
            columns.append(replace(column, gross=gross))
    return replace(split, columns=tuple(columns))
