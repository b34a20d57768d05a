"""A voucher as a person or another program makes it: nothing is checked, much may be missing."""

from decimal import Decimal

from sandbox.control import ControlRefused
from sandbox.lexware.books import new_id
from sandbox.lexware.values import CENT, berlin_moment, decimal_from, today
from sandbox.store import Document

_MAY_BE_NULL = ("voucherNumber", "voucherDate", "totalGrossAmount", "totalTaxAmount")


def voucher_by_hand(organization_id: str, order: Document) -> Document:
    """Return a voucher with sensible values for what the order does not say; null leaves a property empty.

    One without number, date or totals is unchecked unless the order says otherwise. `createdDate` and
    `updatedDate` are moments in the past, where others made the voucher then.
    """
    moment = berlin_moment()
    day = order.get("voucherDate", today())
    gross = _money(order, "totalGrossAmount", "119.00")
    tax = _money(order, "totalTaxAmount", "19.00")
    is_partial = any(name in order and order[name] is None for name in _MAY_BE_NULL)
    created = order.get("createdDate", moment)
    return {
        "id": str(order.get("id") or new_id()),
        "organizationId": organization_id,
        "type": order.get("type", "salesinvoice"),
        "voucherNumber": order.get("voucherNumber", "HAND-1"),
        "voucherDate": day,
        "shippingDate": None,
        "dueDate": order.get("dueDate", day),
        "totalGrossAmount": gross,
        "totalTaxAmount": tax,
        "taxType": "gross",
        "useCollectiveContact": order.get("contactId") is None,
        "contactId": order.get("contactId"),
        "contactName": order.get("contactName"),
        "remark": order.get("remark"),
        "voucherItems": _items(gross, tax),
        "voucherStatus": order.get("voucherStatus", "unchecked" if is_partial else "open"),
        "files": [],
        "createdDate": created,
        "updatedDate": order.get("updatedDate", created),
        "version": 1,
    }


def amount_of(order: Document, name: str, otherwise: str) -> Decimal:
    """Return a number of the order, or refuse what is none."""
    amount = decimal_from(str(order.get(name, otherwise)))
    if amount is None:
        raise ControlRefused(f"`{name}` must be a number")
    return amount


def _money(order: Document, name: str, otherwise: str) -> str | None:
    if name in order and order[name] is None:
        return None
    return str(amount_of(order, name, otherwise).quantize(CENT))


def _items(gross: str | None, tax: str | None) -> list[Document]:
    if gross is None or tax is None:
        return []
    rate = "19" if Decimal(tax) else "0"
    category = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
    return [{"amount": gross, "taxAmount": tax, "taxRatePercent": rate, "categoryId": category}]
