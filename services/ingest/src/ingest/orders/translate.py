"""Orders and documents of an ePages shop in our words; amounts keep their sign, a writer judges it."""

import base64
import binascii
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from common.domain.documents import (
    BERLIN,
    Address,
    Charge,
    Document,
    DocumentLine,
    DocumentType,
    Extra,
    OrderSnapshot,
    PaymentData,
    TaxModel,
    TaxShare,
)
from common.domain.money import Money
from common.domain.verdicts import EInvoiceProblem
from common.shops.epages import wire

DEFAULT_CURRENCY = "EUR"
DOCUMENT_TYPES = {"invoice": DocumentType.INVOICE, "creditnote": DocumentType.CREDIT_NOTE}
TAG = re.compile(r"(?<![\w#&])#(\w[\w-]*)")  # a word of its own: neither an address's fragment nor an entity
PDF, BINARY, TEXT = "application/pdf", "application/octet-stream", "text/plain"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """The bytes of a document's file as far as they could be unwrapped, and the e-invoice found inside.

    `problem`: why there is none although the file may carry one.
    """

    content: bytes
    media_type: str
    einvoice: bytes | None = None
    problem: EInvoiceProblem | None = None


def to_snapshot(order: wire.Order) -> OrderSnapshot:
    """The order as it was read."""
    currency = _currency(order.currency_id, DEFAULT_CURRENCY)
    return OrderSnapshot(
        order_id=order.order_id,
        order_number=order.order_number or order.order_id,
        placed_at=order.creation_date,
        updated_at=order.last_updated_on_date,
        customer_id=order.customer_id,
        customer_number=order.customer_number,
        locale=order.locale,
        currency=currency,
        tax_model=to_tax_model(order.tax_model),
        gross_total=_money(order.grand_total, currency),
        tax_total=_money(order.total_tax, currency),
        tags=to_tags(order.internal_note),
        billing_address=to_address(order.billing_address),
        shipping_address=to_address(order.shipping_address),
        shipping=_shipping(order.shipping_data, currency),
        payment=_payment(order.payment_data, currency),
        rejected_at=order.rejected_on or order.cancelled_on,
        dispatched_at=order.dispatched_on,
        delivered_at=order.delivered_on,
        invoiced_at=order.invoiced_on,
        paid_at=order.paid_on,
        partially_paid_at=order.partially_paid_on,
        returned_at=order.returned_on,
        closed_at=order.closed_on,
    )


def to_tags(note: str | None) -> tuple[str, ...]:
    """The words after a `#` in the merchant's internal note: the shop has no tags of its own."""
    return tuple(dict.fromkeys(tag.lower() for tag in TAG.findall(note or "")))


def to_document(document: wire.OrderDocument, order_currency: str = DEFAULT_CURRENCY) -> Document | None:
    """The document, or None when it is neither an invoice nor a credit note."""
    document_type = to_document_type(document.document_type)
    if document_type is None:
        return None
    issued_at = document.issue_date or document.creation_date
    assert issued_at is not None, "a document without any date is unreadable"
    container = document.line_item_container
    currency = _currency(container.grand_total.currency, order_currency)
    discount = container.basket_discount
    return Document(
        type=document_type,
        number=document.document_number or "",
        issued_at=issued_at,
        created_at=document.creation_date,
        date_missing=document.issue_date is None,
        address=to_address(document.address),
        currency=currency,
        gross_total=_amount(container.grand_total, currency),
        net_total=_money(container.total_before_tax, currency),
        tax_total=_money(container.total_tax, currency),
        lines=tuple(_line(item, currency) for item in container.product_line_items),
        shipping=_money(container.shipping_price, currency),
        coupon=_line_price(container.coupon_line_item, currency),
        basket_discount=_line_price(discount, currency),
        extras=_extras(container, currency),
    )


def to_document_type(name: str | None) -> DocumentType | None:
    """Invoice or credit note, whatever the case; anything else is neither."""
    return DOCUMENT_TYPES.get((name or "").lower().replace("_", "").replace("-", ""))


def to_tax_model(name: str | None) -> TaxModel | None:
    """GROSS or NET in any case; another word is no model we know."""
    return {"gross": TaxModel.GROSS, "net": TaxModel.NET}.get((name or "").lower())


def to_address(address: wire.Address | None) -> Address | None:
    """The address; None when the shop gave nothing at all."""
    if address is None:
        return None
    supplement = ", ".join(part for part in (address.street_details, address.address_extension) if part)
    translated = Address(
        company=address.company,
        salutation=address.salutation,
        title=address.title,
        first_name=address.first_name,
        last_name=address.last_name,
        street=address.street,
        supplement=supplement or None,
        zip_code=address.zip_code,
        city=address.city,
        state=address.state,
        country=address.country.upper() if address.country else None,
        vat_id=address.vat_id,
        email=address.email_address,
        phone=address.phone_number or address.mobile_phone_number,
    )
    return translated if translated != Address() else None


def to_file(document_pdf: str | None) -> ReceivedFile | None:
    """The file's bytes; text that is no Base64 stays as it came, and an empty one is no file."""
    if document_pdf is None or not document_pdf.strip():
        return None
    packed = "".join(document_pdf.split())
    try:
        content = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ReceivedFile(document_pdf.encode("utf-8", "surrogatepass"), TEXT)
    if not content:
        return None
    return ReceivedFile(content, PDF if content.startswith(b"%PDF") else BINARY)


def _line(item: wire.LineItem, currency: str) -> DocumentLine:
    return DocumentLine(
        line_id=item.line_item_id,
        sku=item.sku,
        name=item.name,
        quantity=item.quantity.amount if item.quantity is not None else Decimal(1),
        unit_price=_money(item.single_item_price, currency),
        price=_amount(item.line_item_price, currency),
        coupon_share=_money(item.line_item_coupon_discount, currency),
        rate=item.tax_class.percentage if item.tax_class is not None else None,
        tax_class=item.tax_class.name if item.tax_class is not None else None,
        tax_class_id=item.tax_class.tax_class_id if item.tax_class is not None else None,
    )


def _extras(container: wire.LineItemContainer, currency: str) -> tuple[Extra, ...]:
    kinds: Sequence[tuple[str, Sequence[wire.OtherLine]]] = (
        ("deposit", container.deposits),
        ("eco_participation", container.eco_participations),
        ("shipping_option", container.shipping_options),
    )
    return tuple(
        Extra(kind=kind, name=line.name, price=price, line_id=_owner(line.line_item_product_guid, container))
        for kind, lines in kinds
        for line in lines
        if (price := _line_price(line, currency)) is not None
    )


def _owner(guid: str | None, container: wire.LineItemContainer) -> str | None:
    """The product line an extra belongs to: the shop names its product, or the line itself."""
    if guid is None:
        return None
    for item in container.product_line_items:
        if guid in (item.product_id, item.line_item_id):
            return item.line_item_id
    return None


def _shipping(data: wire.ShippingData | None, currency: str) -> Charge | None:
    if data is None:
        return None
    method = data.shipping_method or wire.Method()
    return Charge(
        method_id=method.id,
        name=method.name,
        price=_money(data.price, currency),
        taxes=_taxes(data.taxes, currency),
    )


def _payment(data: wire.PaymentData | None, currency: str) -> PaymentData | None:
    if data is None:
        return None
    method = data.payment_method or wire.Method()
    return PaymentData(
        method_id=method.id,
        name=method.name,
        price=_money(data.price, currency),
        taxes=_taxes(data.taxes, currency),
        provider=method.provider_name,
        transaction_id=data.transaction_id,
        status=data.status,
        due_on=_due_on(method.additional_data),
    )


def _due_on(terms: wire.PaymentTerms | None) -> date | None:
    """Until when to pay, as a day is written here or as machines write one; None for anything else."""
    said = (terms and terms.due_date) or ""
    for text, form in ((said, "%d.%m.%Y"), (said[:10], "%Y-%m-%d")):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=BERLIN).date()
    return None


def _taxes(entries: Sequence[wire.TaxEntry], currency: str) -> tuple[TaxShare, ...]:
    return tuple(
        TaxShare(rate=entry.tax_class.percentage, tax=_amount(entry.price, currency))
        for entry in entries
        if entry.price is not None and entry.tax_class is not None and entry.tax_class.percentage is not None
    )


def _line_price(line: wire.OtherLine | None, currency: str) -> Money | None:
    return None if line is None else _money(line.line_item_price, currency)


def _money(price: wire.Price | None, currency: str) -> Money | None:
    return None if price is None else _amount(price, currency)


def _amount(price: wire.Price, currency: str) -> Money:
    return Money.of(price.amount, _currency(price.currency, currency))


def _currency(given: str | None, otherwise: str) -> str:
    return given.upper() if given else otherwise
