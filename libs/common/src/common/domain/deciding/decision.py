"""One document, one verdict: a voucher to write, a reason to park it, or the rule that leaves it out.

A chain: what is left out, what must hold first, where it is taxed, where its invoice stands, how the total
splits over the rates, which tax case that is, whether rates, categories and contact allow it. A new tax case
is a new function in `common/domain/taxcases`; nothing here guesses.
"""

from collections.abc import Mapping
from datetime import date

from common.domain.amounts import (
    CannotSplit,
    Split,
    is_covered,
    is_rate_of,
    is_rate_on,
    plain_rate,
    rates_on,
    split_amounts,
    state_of,
)
from common.domain.buyers import HOME, VatCheck, vat_id_to_check
from common.domain.deciding.contact import choose_contact
from common.domain.deciding.rules import EXCLUSIONS, GATES
from common.domain.documents import Document, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.money import CurrencyMismatch
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.reasons import DocumentReason
from common.domain.taxcases import (
    Sale,
    Treatment,
    choose_treatment,
    find_places,
    original_booked,
    sale_of,
    supplied_on,
    vouchers_only,
    within_invoice,
)
from common.domain.untaxed import Apart, voucher_lines, vouchers_apart
from common.domain.verdicts import (
    CollectiveContact,
    Contact,
    CorrectedInvoice,
    CorrectionContext,
    Decision,
    DecisionInput,
    Exclude,
    Park,
    SingleContact,
    Trail,
    Verdict,
    VoucherLine,
    remark,
)

__all__ = [
    "CollectiveContact",
    "CorrectedInvoice",
    "CorrectionContext",
    "Decision",
    "Exclude",
    "Park",
    "SingleContact",
    "Verdict",
    "VoucherLine",
    "decide",
    "vat_id_to_check",
]


def decide(
    document: Document,
    order: OrderSnapshot,
    profile: SellerProfile,
    categories: Mapping[str, PostingCategory],
    settings: MerchantSettings,
    *,
    original: CorrectionContext | None = None,
    vat_check: VatCheck | None = None,
    check_overdue: bool = False,
) -> Verdict:
    """The verdict on a document; the same input always gives the same verdict, and no input raises.

    `vat_check` is what is known about the VAT id that `vat_id_to_check` names, `check_overdue` whether the
    document has waited for it as long as the merchant allows.
    """
    known = original or CorrectionContext()
    case = DecisionInput(document, order, profile, categories, settings, known, vat_check, check_overdue)
    trail = Trail()
    for rule in (*EXCLUSIONS, *GATES):
        if (verdict := rule(case, trail)) is not None:
            return verdict
    places = find_places(case, trail)
    if isinstance(places, Park):
        return places
    if (park := original_booked(case, trail)) is not None:
        return park
    split = _split(case, trail)
    if isinstance(split, Park):
        return split
    apart = vouchers_apart(case, split, trail)
    if isinstance(apart, Park):
        return apart
    return _judge(sale_of(case, places, apart.sale, trail), split, apart, trail)


def _judge(sale: Sale, split: Split, apart: Apart, trail: Trail) -> Decision | Park:
    treatment = (
        choose_treatment(sale, trail) if apart.sale.columns else vouchers_only(next(iter(apart.vouchers)))
    )
    if isinstance(treatment, Park):
        return treatment
    refusal = _rates_in_force(sale, treatment, trail)
    if refusal is not None:
        return refusal
    lines = voucher_lines(sale, treatment, apart, trail)
    if isinstance(lines, Park):
        return lines
    refusal = _categories_usable(sale, treatment, lines, trail) or within_invoice(sale.case, split, trail)
    if refusal is not None:
        return refusal
    contact = choose_contact(sale, treatment, {line.category_id for line in lines}, trail)
    if isinstance(contact, Park):
        return contact
    return _voucher(sale, treatment, split, lines, contact, trail)


def _split(case: DecisionInput, trail: Trail) -> Split | Park:
    try:
        split = split_amounts(case.document, case.order, rates_on(HOME, supplied_on(case)[0]))
    except CannotSplit as refusal:
        return trail.park(refusal.reason, **refusal.params)
    except CurrencyMismatch:
        return trail.park(DocumentReason.NOT_EURO)
    trail.rules.extend(split.rules)
    trail.evidence["amounts"] = split.evidence
    return split


def _rates_in_force(sale: Sale, treatment: Treatment, trail: Trail) -> Park | None:
    """Rates above zero must be rates of the country on the day of supply."""
    on, source, country = sale.supplied_on, sale.supplied_from, treatment.rates_of
    trail.fired(f"rates.on_day_of_supply.{source}", supplied_on=on.isoformat(), supplied_on_from=source)
    for rate in sorted(rate for rate in sale.rates if rate):
        if is_rate_on(country, rate, on):
            continue
        params = {"rate": plain_rate(rate), "country": state_of(country)}
        if not is_covered(country, on):
            return trail.park(DocumentReason.RATE_TABLE_GAP, **params, on=on.isoformat())
        if is_rate_of(country, rate):
            return trail.park(
                DocumentReason.RATE_NOT_VALID_ON_DATE, **params, on=on.isoformat(), date_from=source
            )
        involved = {HOME, sale.place.state, sale.invoice_place.state} - {state_of(country), None}
        others = sorted(state for state in involved if state and is_rate_on(state, rate, on))
        if others:
            return trail.park(DocumentReason.RATE_OF_OTHER_COUNTRY, **params, rate_of=others[0])
        return trail.park(DocumentReason.RATE_UNKNOWN, **params)
    return None


def _categories_usable(
    sale: Sale, treatment: Treatment, lines: tuple[VoucherLine, ...], trail: Trail
) -> Park | None:
    """Each category in use exists, takes income, and allows the voucher's rates."""
    rates = {line.rate for line in lines}
    for category_id in sorted({line.category_id for line in lines}):
        category = sale.case.categories.get(category_id)
        if category is None:
            return trail.park(
                DocumentReason.CATEGORY_MISSING, category_id=category_id, tax_case=treatment.name
            )
        if category.type != "income":
            return trail.park(
                DocumentReason.CATEGORY_NOT_INCOME, category_id=category_id, category=category.name
            )
        if not category.split_allowed and len(rates) > 1:
            return trail.park(
                DocumentReason.CATEGORY_SINGLE_RATE, category_id=category_id, category=category.name
            )
    return None


def _shipping_on(sale: Sale, treatment: Treatment, trail: Trail) -> date | None:
    """The day of dispatch where it is known; a correction reported by day of supply names its invoice's."""
    if not treatment.keeps_supply_day:
        return sale.case.dispatched_on
    trail.fired("correction.day_of_supply_of_its_invoice")
    return sale.supplied_on


def _voucher(
    sale: Sale,
    treatment: Treatment,
    split: Split,
    lines: tuple[VoucherLine, ...],
    contact: Contact,
    trail: Trail,
) -> Decision:
    case, document = sale.case, sale.case.document
    shipping_on = _shipping_on(sale, treatment, trail)
    trail.fired("voucher_date.berlin")
    return Decision(
        voucher_type="salescreditnote" if case.is_correction else "salesinvoice",
        voucher_number=document.number.strip(),
        voucher_on=document.issued_on,
        shipping_on=shipping_on,
        lines=lines,
        gross_total=split.gross_total,
        tax_total=split.tax_total,
        contact=contact,
        remark=remark(document.type, case.order, case.corrected),
        rules=tuple(trail.rules),
        evidence=trail.evidence,
    )
