"""Corrections: they follow their invoice, keep its day of supply, and never take back more than it booked."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from pydantic import JsonValue

from common.domain.amounts import Split, by_rate, plain_rate
from common.domain.buyers import VatCheck
from common.domain.cleaning import clean
from common.domain.money import Money, total
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus, VatResult
from common.domain.verdicts import CorrectedInvoice, DecisionInput, Park, Trail

OSS_CASE, CHECKED_VALID = "distance_sale.oss", "vat_id.checked_valid"
SHOWN_INVALID, SHOWN_UNCHECKED = "vat_id.invalid_tax_as_shown", "vat_id.not_checked_tax_as_shown"
CORRECTED, DISPATCH, UNCLEAR, DOCUMENT = "corrected_invoice", "dispatch", "unclear_invoice", "document"


def original_booked(case: DecisionInput, trail: Trail) -> Park | None:
    """A correction follows its invoice: it waits for it, is parked with it, and is never booked alone."""
    if not case.is_correction:
        return None
    candidates = case.in_question
    if not candidates:
        return trail.park(DocumentReason.ORIGINAL_MISSING, order_number=clean(case.order.order_number))
    if case.corrected is not None:
        trail.fired("correction.invoice_named", corrected_invoice=clean(case.corrected.number))
    else:
        trail.fired("correction.invoice_unclear", possible_invoices=len(candidates), left=left_of(candidates))
    outcomes = {invoice.outcome for invoice in candidates}
    numbers = _numbers(candidates)
    if DocumentStatus.EXCLUDED in outcomes:
        return trail.park(DocumentReason.ORIGINAL_UNCLEAR, invoices=numbers, left=left_of(candidates))
    if DocumentStatus.PARKED in outcomes:
        return trail.park(DocumentReason.ORIGINAL_PARKED, invoices=numbers)
    if outcomes != {DocumentStatus.BOOKED}:  # it waits, or stands as only a newer release knows
        return trail.park(DocumentReason.ORIGINAL_WAITING, invoices=numbers)
    return None


def supplied_on(case: DecisionInput) -> tuple[date, str]:
    """The day that decides the rate: the corrected invoice's own, else dispatch, else the document's date."""
    corrected = case.corrected
    if corrected is not None and corrected.supplied_on is not None:
        return corrected.supplied_on, CORRECTED
    if case.dispatched_on is not None:
        return case.dispatched_on, DISPATCH
    if corrected is not None:
        return corrected.issued_on, CORRECTED
    if case.is_correction:
        days = {invoice.supplied_on or invoice.issued_on for invoice in case.in_question}
        return (days.pop(), CORRECTED) if len(days) == 1 else (case.document.issued_on, UNCLEAR)
    return case.document.issued_on, DOCUMENT


def corrects_oss(case: DecisionInput) -> bool | None:
    """Whether what is corrected was booked for the One-Stop-Shop; None for invoices and if nobody knows."""
    known = {invoice.in_oss for invoice in case.in_question} or {None}
    return known.pop() if len(known) == 1 else None


def checked_with_invoice(case: DecisionInput, vat_id: str) -> VatCheck | None:
    """The check of this VAT id that what is corrected was booked tax-free with; None without one."""
    check = _check_of_invoice(case, vat_id)
    return check if check is not None and check.result == VatResult.VALID else None


def shown_with_invoice(case: DecisionInput, vat_id: str) -> VatCheck | None:
    """What was known of this VAT id when what is corrected was booked with the tax it shows; None without."""
    check = _check_of_invoice(case, vat_id)
    return check if check is not None and check.result != VatResult.VALID else None


def _check_of_invoice(case: DecisionInput, vat_id: str) -> VatCheck | None:
    """The one answer about the id that all invoices in question were decided with."""
    checks = [invoice.checked for invoice in case.in_question]
    same = [check for check in checks if check is not None and check.vat_id == vat_id]
    results = {check.result for check in same}
    return same[0] if same and len(same) == len(checks) and len(results) == 1 else None


def within_invoice(case: DecisionInput, split: Split, trail: Trail) -> Park | None:
    """All corrections of an invoice together take back at most what it booked, in all and rate by rate."""
    if not case.is_correction:
        return None
    candidates = case.in_question
    invoices = _numbers(candidates)
    booked = _sum(invoice.gross_by_rate for invoice in candidates)
    taken = _sum([case.original.corrected_by_rate, *(invoice.corrected_by_rate for invoice in candidates)])
    for column in split.columns if booked is not None else ():
        left = (booked or {}).get(column.rate, _none()) - (taken or {}).get(column.rate, _none())
        if column.gross > left:
            rate, correction = plain_rate(column.rate), str(column.gross)
            params = {"rate": rate, "correction": correction, "left": str(left)}
            return trail.park(DocumentReason.CORRECTION_EXCEEDS_INVOICE, invoices=invoices, **params)
    totals = (abs(invoice.gross_total) for invoice in candidates) if booked is None else booked.values()
    left = total(totals) - total((taken or {}).values()) - (case.original.corrected_unsplit or _none())
    if split.gross_total > left:
        params = {"correction": str(split.gross_total), "left": str(left)}
        return trail.park(DocumentReason.CORRECTION_EXCEEDS_INVOICE, invoices=invoices, **params)
    trail.fired("correction.invoice_amounts_unknown" if booked is None else "correction.within_invoice")
    return None


def left_of(invoices: Iterable[CorrectedInvoice]) -> dict[str, JsonValue]:
    """What each of the invoices has left, by its number."""
    return {clean(invoice.number): str(invoice.left) for invoice in invoices}


def _sum(parts: Iterable[Mapping[Decimal, Money] | None]) -> dict[Decimal, Money] | None:
    known = list(parts)
    if any(part is None for part in known):
        return None
    return by_rate(item for part in known if part is not None for item in part.items())


def _none() -> Money:
    return Money.zero()


def _numbers(invoices: Iterable[CorrectedInvoice]) -> str:
    return ", ".join(clean(invoice.number) for invoice in invoices)
