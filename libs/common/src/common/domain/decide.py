"""One document, one verdict: a voucher to write, a reason to park it, or the rule that leaves it out.

A chain: what is left out, what must hold first, which tax case it is, how the total splits over the rates,
whether rates and categories allow it. A new tax case is a new function in `treatments`; nothing here guesses.
"""

from collections.abc import Mapping
from datetime import date

from common.domain.amounts import CannotSplit
from common.domain.case import Case, Trail
from common.domain.documents import Document, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.money import CurrencyMismatch
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.reason_codes import Reason
from common.domain.rules import EXCLUSIONS, GATES, original_booked
from common.domain.split import Split, split_amounts
from common.domain.tax import ZERO_RATE, is_rate_of, is_rate_on, plain_rate
from common.domain.treatments import TAX_CASES, Treatment, foreign_vat_id
from common.domain.verdicts import (
    CollectiveContact,
    Decision,
    Exclude,
    Original,
    OriginalInvoice,
    Park,
    Verdict,
    VoucherLine,
)
from common.domain.wording import contact_name, remark

__all__ = [
    "CollectiveContact",
    "Decision",
    "Exclude",
    "Original",
    "OriginalInvoice",
    "Park",
    "Verdict",
    "VoucherLine",
    "decide",
]


def decide(
    document: Document,
    order: OrderSnapshot,
    profile: SellerProfile,
    categories: Mapping[str, PostingCategory],
    settings: MerchantSettings,
    *,
    original: Original | None = None,
) -> Verdict:
    """The verdict on a document; the same input always gives the same verdict, and no input raises."""
    case = Case(document, order, profile, categories, settings, original or Original())
    trail = Trail()
    for rule in (*EXCLUSIONS, *GATES):
        if (verdict := rule(case, trail)) is not None:
            return verdict
    treatment = _treatment(case, trail)
    if isinstance(treatment, Park):
        return treatment
    split = _split(case, trail)
    if isinstance(split, Park):
        return split
    refusal = (
        _rates_in_force(case, treatment, split, trail)
        or _zero_rate_explained(case, treatment, split, trail)
        or _categories_usable(case, treatment, split, trail)
        or original_booked(case, trail)
    )
    return refusal or _voucher(case, treatment, split, trail)


def _treatment(case: Case, trail: Trail) -> Treatment | Park:
    for tax_case in TAX_CASES:
        if (answer := tax_case(case, trail)) is not None:
            return answer
    raise AssertionError("the last tax case always answers")


def _split(case: Case, trail: Trail) -> Split | Park:
    try:
        split = split_amounts(case.document, case.order)
    except CannotSplit as refusal:
        return trail.park(refusal.reason, **refusal.params)
    except CurrencyMismatch:
        return trail.park(Reason.NOT_EURO)
    trail.rules.extend(split.rules)
    trail.evidence["amounts"] = split.evidence
    return split


def _rates_in_force(case: Case, treatment: Treatment, split: Split, trail: Trail) -> Park | None:
    """Rates above zero must be rates of the country on the day of supply."""
    on, source = _supplied_on(case)
    trail.fired(f"rates.on_day_of_supply.{source}", supplied_on=on.isoformat(), supplied_on_from=source)
    for rate in (column.rate for column in split.columns if column.rate):
        if not is_rate_of(treatment.rates_of, rate):
            return trail.park(Reason.RATE_UNKNOWN, rate=plain_rate(rate))
        if not is_rate_on(treatment.rates_of, rate, on):
            return trail.park(
                Reason.RATE_NOT_VALID_ON_DATE, rate=plain_rate(rate), on=on.isoformat(), date_from=source
            )
    return None


def _supplied_on(case: Case) -> tuple[date, str]:
    """The day that decides the rate: dispatch, else the corrected invoice's date, else the document's own."""
    if case.dispatched_on is not None:
        return case.dispatched_on, "dispatch"
    if case.corrected is not None:
        return case.corrected.issued_on, "corrected_invoice"
    return case.document.issued_on, "document"


def _zero_rate_explained(case: Case, treatment: Treatment, split: Split, trail: Trail) -> Park | None:
    """0 % has many reasons: the settings must name a category for this one; a foreign VAT id is another."""
    if all(column.rate for column in split.columns):
        return None
    vat_id = foreign_vat_id(case)
    if vat_id is not None:
        return trail.park(Reason.BUYER_VAT_ID_FOREIGN, state=vat_id[:2])
    if treatment.zero_category_id is None:
        return trail.park(Reason.ZERO_RATE_UNMAPPED)
    trail.fired("zero_rate.mapped_by_settings")
    return None


def _categories_usable(case: Case, treatment: Treatment, split: Split, trail: Trail) -> Park | None:
    """Each category in use exists, takes income, allows the collective contact and the voucher's rates."""
    used = {_category_id(treatment, column.rate == ZERO_RATE) for column in split.columns}
    for category_id in sorted(used):
        category = case.categories.get(category_id)
        if category is None:
            return trail.park(Reason.CATEGORY_MISSING, category_id=category_id)
        if category.type != "income":
            return trail.park(Reason.CATEGORY_NOT_INCOME, category_id=category_id, category=category.name)
        if category.contact_required:
            return trail.park(Reason.CATEGORY_NEEDS_CONTACT, category_id=category_id, category=category.name)
        if not category.split_allowed and len(split.columns) > 1:
            return trail.park(Reason.CATEGORY_SINGLE_RATE, category_id=category_id, category=category.name)
    return None


def _category_id(treatment: Treatment, untaxed: bool) -> str:
    return treatment.zero_category_id if untaxed and treatment.zero_category_id else treatment.category_id


def _voucher(case: Case, treatment: Treatment, split: Split, trail: Trail) -> Decision:
    document = case.document
    lines = tuple(
        VoucherLine(
            category_id=_category_id(treatment, column.rate == ZERO_RATE),
            rate=column.rate,
            gross=column.gross,
            tax=column.tax,
        )
        for column in split.columns
    )
    trail.fired("voucher_date.berlin")
    return Decision(
        voucher_type="salescreditnote" if case.is_correction else "salesinvoice",
        voucher_number=document.number.strip(),
        voucher_on=document.issued_on,
        shipping_on=case.dispatched_on,
        lines=lines,
        gross_total=split.gross_total,
        tax_total=split.tax_total,
        contact=CollectiveContact(name=contact_name(document.address)),
        remark=remark(document.type, case.order, case.corrected),
        rules=tuple(trail.rules),
        evidence=trail.evidence,
    )
