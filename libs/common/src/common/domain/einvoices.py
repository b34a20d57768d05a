"""What an e-invoice says about a document as a whole, and where it contradicts the voucher."""

from pydantic import JsonValue

from common.domain.documents import Fact
from common.domain.money import Money
from common.domain.verdicts import Decision


class EInvoice(Fact):
    """The machine-readable part of a document; amounts have no sign, `is_correction` tells the direction."""

    number: str
    is_correction: bool
    grand_total: Money
    tax_total: Money | None = None


def differences(einvoice: EInvoice, decision: Decision) -> dict[str, JsonValue]:
    """Every value on which e-invoice and voucher differ, with what each says; empty when they agree.

    The tax may differ by a cent per rate, as between the shop's own sums and the voucher.
    """
    is_correction = decision.voucher_type == "salescreditnote"
    differing: dict[str, JsonValue] = {}
    if einvoice.number.strip() != decision.voucher_number:
        differing["number"] = _both(einvoice.number, decision.voucher_number)
    if einvoice.is_correction != is_correction and decision.gross_total:
        differing["kind"] = _both(_kind(einvoice.is_correction), _kind(is_correction))
    if einvoice.grand_total != decision.gross_total:
        differing["grand_total"] = _both(str(einvoice.grand_total), str(decision.gross_total))
    if einvoice.tax_total is not None and not _is_near(einvoice.tax_total, decision):
        differing["tax_total"] = _both(str(einvoice.tax_total), str(decision.tax_total))
    return differing


def _is_near(tax: Money, decision: Decision) -> bool:
    rates = len({line.rate for line in decision.lines})
    return tax.currency == decision.tax_total.currency and abs(tax - decision.tax_total).minor <= rates


def _kind(is_correction: bool) -> str:
    return "credit_note" if is_correction else "invoice"


def _both(einvoice: str, voucher: str) -> JsonValue:
    return {"einvoice": einvoice, "voucher": voucher}
