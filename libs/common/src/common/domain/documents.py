"""What a shop issued: invoices and credit notes with the order they belong to."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ConfigDict, Field

from common.domain.keys import document_subject
from common.domain.money import Money

BERLIN = ZoneInfo("Europe/Berlin")


class Fact(BaseModel):
    """A frozen value; unknown fields are ignored so that additions never break a reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DocumentType(StrEnum):
    """The two kinds of finalised documents."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


def _is_none(value: object) -> bool:
    return value is None


class TaxModel(StrEnum):
    """How the shop's line prices are meant."""

    GROSS = "gross"
    NET = "net"


class Address(Fact):
    """A postal address as the shop holds it; `country` is ISO 3166-1 alpha-2 in upper case or absent."""

    company: str | None = None
    salutation: str | None = None
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    street: str | None = None
    supplement: str | None = None
    zip_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    vat_id: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def full_name(self) -> str:
        """First and last name, else the company, else empty."""
        person = " ".join(part for part in (self.first_name, self.last_name) if part)
        return person or self.company or ""


class TaxShare(Fact):
    """Tax contained in a charge for one tax class: the rate in percent and the tax amount."""

    rate: Decimal
    tax: Money


class Charge(Fact):
    """Shipping or payment as the order names it: its price and the taxes inside it."""

    method_id: str | None = None
    name: str | None = None
    price: Money | None = None
    taxes: tuple[TaxShare, ...] = ()


class PaymentData(Charge):
    """How the order was to be paid, with the provider's transaction id when there is one."""

    provider: str | None = None
    transaction_id: str | None = None
    status: str | None = None
    due_on: date | None = Field(default=None, exclude_if=_is_none)  # absent in JSON, as it always was


class OrderSnapshot(Fact):
    """An order as it was when something about it was read; status moments are None while unset.

    `tags` are the merchant's own words about the order, in lower case.
    """

    order_id: str
    order_number: str
    placed_at: datetime | None = None
    updated_at: datetime | None = None
    customer_id: str | None = None
    customer_number: str | None = None
    locale: str | None = None
    currency: str = "EUR"
    tax_model: TaxModel | None = None
    gross_total: Money | None = None
    tax_total: Money | None = None
    tags: tuple[str, ...] = ()
    billing_address: Address | None = None
    shipping_address: Address | None = None
    shipping: Charge | None = None
    payment: PaymentData | None = None
    rejected_at: datetime | None = None
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None
    invoiced_at: datetime | None = None
    paid_at: datetime | None = None
    partially_paid_at: datetime | None = None
    returned_at: datetime | None = None
    closed_at: datetime | None = None


class DocumentLine(Fact):
    """One product line: `price` is quantity times unit price before discounts, in the shop's tax model."""

    line_id: str | None = None
    sku: str | None = None
    name: str | None = None
    quantity: Decimal = Decimal(1)
    unit_price: Money | None = None
    price: Money
    coupon_share: Money | None = None
    rate: Decimal | None = None
    tax_class: str | None = None
    tax_class_id: str | None = None


class Extra(Fact):
    """A deposit, eco participation or shipping option; a deposit names the product line it belongs to."""

    kind: str
    name: str | None = None
    price: Money
    line_id: str | None = None


class Document(Fact):
    """A finalised invoice or credit note with the amounts printed on it."""

    type: DocumentType
    number: str
    issued_at: datetime
    created_at: datetime | None = None  # of the record, so of its draft
    date_missing: bool = False  # the shop sent no date of issue; `issued_at` is that of the record
    address: Address | None = None
    currency: str
    gross_total: Money
    net_total: Money | None = None
    tax_total: Money | None = None
    lines: tuple[DocumentLine, ...] = ()
    shipping: Money | None = None
    coupon: Money | None = None
    basket_discount: Money | None = None
    extras: tuple[Extra, ...] = ()

    @cached_property
    def issued_on(self) -> date:
        """The calendar date on the document in German time."""
        return self.issued_at.astimezone(BERLIN).date()


class OriginalRef(Fact):
    """Points at bytes in the archive: their SHA-256 in hex and their size.

    `einvoice_sha256` is the e-invoice found inside a PDF, kept beside it; `einvoice_problem` says why none
    could be taken out although there is one, or may be.
    """

    sha256: str
    size: int
    einvoice_sha256: str | None = None
    einvoice_problem: str | None = None


def order_key(connection_id: UUID, order_id: str) -> str:
    """What is about one order of a shop is handled under this key, one after the other."""
    return f"{connection_id}:{order_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRef:
    """Which document is meant."""

    tenant_id: UUID
    connection_id: UUID
    order_id: str
    type: DocumentType
    number: str

    @property
    def id(self) -> UUID:
        """The id the whole product knows the document by."""
        return document_id(self.connection_id, self.type, self.number)

    @property
    def ordering_key(self) -> str:
        """What is about documents of one order is handled under this key, one after the other."""
        return order_key(self.connection_id, self.order_id)


def document_id(connection_id: UUID, document_type: DocumentType, number: str) -> UUID:
    """The id of a document: the same shop connection, type and number give the same id everywhere."""
    return uuid5(NAMESPACE_URL, f"document:{document_subject(connection_id, document_type, number)}")


def content_hash(document: Document) -> str:
    """SHA-256 over what makes a document what it is: not names, pictures or the PDF."""
    fingerprint: dict[str, Any] = {
        "type": document.type.value,
        "number": document.number,
        "issued_at": document.issued_at.isoformat(),
        "address": document.address.model_dump(mode="json") if document.address else None,
        "currency": document.currency,
        "totals": [_cents(document.gross_total), _cents(document.net_total), _cents(document.tax_total)],
        "parts": [_cents(document.shipping), _cents(document.coupon), _cents(document.basket_discount)],
        "lines": [
            [line.sku, _plain(line.quantity), _cents(line.price), _plain(line.rate)]
            for line in document.lines
        ],
        "extras": [[extra.kind, _cents(extra.price)] for extra in document.extras],
    }
    return hashlib.sha256(orjson.dumps(fingerprint, option=orjson.OPT_SORT_KEYS)).hexdigest()


def lines_key(document: Document) -> str:
    """What was sold: equal for documents of equal lines, whatever their order and signs."""
    lines = sorted(
        [line.sku or "", _plain(line.quantity) or "", abs(line.price.minor), _plain(line.rate) or ""]
        for line in document.lines
    )
    return hashlib.sha256(orjson.dumps(lines)).hexdigest()


def _cents(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
