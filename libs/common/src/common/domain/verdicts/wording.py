"""Words that stand on a voucher: the remark and the customer's name. A correction is a Rechnungskorrektur."""

from common.domain.cleaning import clean, clip, utf16_length
from common.domain.documents import Address, DocumentType, OrderSnapshot
from common.domain.verdicts.verdicts import CorrectedInvoice

REMARK_LIMIT = 200
NAME_LIMIT = 100


def remark(document_type: DocumentType, order: OrderSnapshot, original: CorrectedInvoice | None) -> str:
    """What a bookkeeper searches for: corrected invoice, order, payment; what does not fit is left out."""
    text = ""
    for part in _parts(document_type, order, original):
        longer = f"{text}, {part}" if text else part
        if utf16_length(longer) <= REMARK_LIMIT:
            text = longer
    return text


def contact_name(address: Address | None) -> str | None:
    """The person's name, else the company's, fit for the books; None when there is neither."""
    if address is None:
        return None
    return clip(clean(address.full_name) or clean(address.company), NAME_LIMIT) or None


def order_words(order_number: str) -> str | None:
    """How a remark names the order; None for an order without a number."""
    number = clean(order_number)
    return f"Bestellung {clip(number, 60)}" if number else None


def _parts(document_type: DocumentType, order: OrderSnapshot, original: CorrectedInvoice | None) -> list[str]:
    parts: list[str] = []
    if original is not None:
        parts.append(
            f"Rechnungskorrektur zu Rechnung {clean(original.number)} vom {original.issued_on:%d.%m.%Y}"
        )
    elif document_type is DocumentType.CREDIT_NOTE:
        parts.append("Rechnungskorrektur")
    if words := order_words(order.order_number):
        parts.append(words)
    if order.payment is not None:
        method = clip(clean(order.payment.name) or clean(order.payment.provider), 40)
        if method:
            parts.append(f"Zahlung {method}")
        if transaction_id := clean(order.payment.transaction_id):
            parts.append(f"Transaktion {transaction_id}")
    return parts
