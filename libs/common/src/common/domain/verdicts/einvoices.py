"""What an e-invoice says about a document as a whole, and where it contradicts the voucher."""

from decimal import Decimal
from enum import StrEnum

from pydantic import JsonValue

from common.domain.documents import Fact
from common.domain.money import Money
from common.domain.verdicts.verdicts import Decision


class EInvoiceProblem(StrEnum):
    """Why a file's e-invoice was not compared although there is one, or may be."""

    TOO_LARGE = "einvoice_too_large"  # there is one; it is beyond the limits
    NOT_OPENED = "pdf_not_opened"  # nobody knows: the PDF is broken, locked or too large


class EInvoice(Fact):
    """The machine-readable part of a document; amounts are positive, `is_correction` tells the direction.

    `is_correction` is None where the XML leaves it open. `rounding` is what the total was rounded by for the
    payment. `settled` is what was paid before plus what is due, where that is told.
    """

    number: str
    is_correction: bool | None
    grand_total: Money
    rounding: Money | None = None
    settled: Money | None = None
    tax_total: Money | None = None

    @property
    def owed(self) -> Money:
        """What the customer owes by the document, or gets back."""
        return self.grand_total if self.rounding is None else self.grand_total + self.rounding


def differences(einvoice: EInvoice, decision: Decision) -> dict[str, JsonValue]:
    """Every value on which e-invoice and voucher differ, with what each says; empty when they agree."""
    is_correction = decision.voucher_type == "salescreditnote"
    differing: dict[str, JsonValue] = {}
    if einvoice.number.strip() != decision.voucher_number:
        differing["number"] = _both(einvoice.number, decision.voucher_number)
    if einvoice.is_correction not in (None, is_correction) and decision.gross_total:
        differing["kind"] = _both(_kind(not is_correction), _kind(is_correction))
    if einvoice.owed != decision.gross_total:
        differing["grand_total"] = _both(str(einvoice.owed), str(decision.gross_total))
    if einvoice.settled not in (None, einvoice.owed):
        differing["paid_and_due"] = _both(str(einvoice.settled), str(decision.gross_total))
    if einvoice.tax_total is not None and not _is_near(einvoice, einvoice.tax_total, decision):
        differing["tax_total"] = _both(str(einvoice.tax_total), str(decision.tax_total))
    return differing


def _is_near(einvoice: EInvoice, tax: Money, decision: Decision) -> bool:
    """A cent per rate above zero, as between the shop's own sums and the voucher, and the tax in a rounding.

    Tax against none is a difference however small, unless a rounding explains it.
    """
    if tax.currency != decision.tax_total.currency:
        return False
    rates = {line.rate for line in decision.lines if line.rate}
    rounding = 0 if einvoice.rounding is None else einvoice.rounding.minor
    if not rounding and bool(tax) is not bool(decision.tax_total):
        return False
    highest = max(rates, default=Decimal(0))
    return abs(tax - decision.tax_total).minor <= len(rates) + abs(rounding) * highest / (100 + highest)


def _kind(is_correction: bool) -> str:
    return "credit_note" if is_correction else "invoice"


def _both(einvoice: str, voucher: str) -> JsonValue:
    return {"einvoice": einvoice, "voucher": voucher}
