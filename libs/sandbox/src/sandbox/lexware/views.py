"""Documents as the API shows them; the order of keys in an answer means nothing and keeps changing."""

from itertools import count
from typing import Any

from sandbox.lexware.values import long_number, midnight, short_number, today
from sandbox.store import Document

SALES_COLLECTIVE, PURCHASE_COLLECTIVE = "Sammelkunde", "Sammellieferant"

_turn = count()


def shuffled(document: Document) -> Document:
    """Return the same document with its keys in another order than last time."""
    keys = list(document)
    start = next(_turn) % len(keys) if keys else 0
    return {key: document[key] for key in (*keys[start:], *keys[:start])}


def action_result(base_url: str, resource: str, document: Document) -> Document:
    """Return what a write answers instead of the object."""
    return {
        "id": document["id"],
        "resourceUri": f"{base_url}/v1/{resource}/{document['id']}",
        "createdDate": document["createdDate"],
        "updatedDate": document["updatedDate"],
        "version": document["version"],
    }


def voucher_view(voucher: Document, contact: Document | None) -> Document:
    """Return a voucher as GET shows it; absent values are left out."""
    view = {
        "id": voucher["id"],
        "organizationId": voucher["organizationId"],
        "type": voucher["type"],
        "voucherStatus": voucher["voucherStatus"],
        "voucherNumber": voucher["voucherNumber"],
        "voucherDate": _day(voucher["voucherDate"]),
        "shippingDate": _day(voucher["shippingDate"]),
        "dueDate": _day(voucher["dueDate"]),
        "totalGrossAmount": _short(voucher["totalGrossAmount"]),
        "totalTaxAmount": _long(voucher["totalTaxAmount"]),
        "taxType": voucher["taxType"],
        "useCollectiveContact": voucher["useCollectiveContact"],
        "contactId": voucher["contactId"],
        "contactName": voucher["contactName"] if contact is None else contact_name(contact),
        "remark": voucher["remark"],
        "voucherItems": [_item_view(item) for item in voucher["voucherItems"]],
        "files": voucher["files"],
        "createdDate": voucher["createdDate"],
        "updatedDate": voucher["updatedDate"],
        "version": voucher["version"],
    }
    return shuffled({key: value for key, value in view.items() if value is not None})


def row_view(voucher: Document, contact: Document | None) -> Document:
    """Return a voucher as a row of the voucherlist."""
    sales = str(voucher["type"]).startswith("sales")
    collective = SALES_COLLECTIVE if sales else PURCHASE_COLLECTIVE
    row = {
        "id": voucher["id"],
        "voucherType": voucher["type"],
        "voucherStatus": row_status(voucher),
        "voucherNumber": voucher["voucherNumber"],
        "voucherDate": _day(voucher["voucherDate"]),
        "createdDate": voucher["createdDate"],
        "updatedDate": voucher["updatedDate"],
        "dueDate": _day(voucher["dueDate"]),
        "contactId": voucher["contactId"],
        "contactName": contact_name(contact) if contact else voucher["contactName"] or collective,
        "totalAmount": _short(voucher["totalGrossAmount"]),
        "openAmount": _short(open_amount(voucher)),
        "currency": "EUR",
        "archived": False,
    }
    if row["dueDate"] is None:
        del row["dueDate"]
    return shuffled(row)


def row_status(voucher: Document) -> str:
    """Return the status a list shows: an open voucher past its due date is overdue there."""
    status = str(voucher["voucherStatus"])
    overdue = status == "open" and voucher["dueDate"] is not None and voucher["dueDate"] < today()
    return "overdue" if overdue else status


def open_amount(voucher: Document) -> str | None:
    """Return what is still to be paid of a voucher as a decimal text."""
    if voucher["voucherStatus"] in ("paid", "paidoff", "voided"):
        return "0.00"
    return str(voucher.get("openAmount") or voucher["totalGrossAmount"] or "0.00")


def contact_name(contact: Document) -> str:
    """Return the name lists show for a contact."""
    if "company" in contact:
        return str(contact["company"]["name"])
    person = contact["person"]
    return ", ".join(part for part in (person["lastName"], person.get("firstName")) if part)


def contact_view(contact: Document) -> Document:
    """Return a contact as GET shows it; it carries no moments."""
    hidden = ("createdDate", "updatedDate")
    return shuffled({key: value for key, value in contact.items() if key not in hidden})


def page(
    rows: list[Document], total: int, number: int, size: int, sort: tuple[str, str] | None
) -> dict[str, Any]:
    """Return one page; totals are capped as the search caps them."""
    capped = min(total, 10_000)
    pages = -(-capped // size)
    view: dict[str, Any] = {
        "content": rows,
        "first": number == 0,
        "last": number >= pages - 1,
        "totalPages": pages,
        "totalElements": capped,
        "numberOfElements": len(rows),
        "size": size,
        "number": number,
    }
    if sort is not None:
        key, direction = sort
        view["sort"] = [
            {
                "property": key,
                "direction": direction,
                "ignoreCase": False,
                "nullHandling": "NATIVE",
                "ascending": direction == "ASC",
            }
        ]
    return shuffled(view)


def _item_view(item: Document) -> Document:
    return {
        "amount": short_number(item["amount"]),
        "taxAmount": long_number(item["taxAmount"]),
        "taxRatePercent": short_number(item["taxRatePercent"]),
        "categoryId": item["categoryId"],
    }


def _day(day: str | None) -> str | None:
    return None if day is None else midnight(day)


def _short(amount: str | None) -> Any:
    return None if amount is None else short_number(amount)


def _long(amount: str | None) -> Any:
    return None if amount is None else long_number(amount)
