"""What control requests may ask for: shops, orders, documents; unknown fields are refused."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.epages.models import Address, DocumentType, EInvoiceMode, InvoiceTerm, PdfMode, TotalName

LARGEST = 10**9  # beyond it, sums in cents would not be exact
Number = Annotated[Decimal, Field(gt=-LARGEST, lt=LARGEST)]


class Spec(BaseModel):
    """Base of all control input."""

    model_config = ConfigDict(extra="forbid")


class ShopSpec(Spec):
    """A new shop with the app already installed; answers on every host unless `host` is given."""

    shop_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    host: str | None = None
    scheme: Literal["http", "https"] = "http"
    name: str | None = None
    tax_model: Literal["gross", "net", "GROSS", "NET"] = "gross"
    display_taxes: bool = True
    delivery_threshold: bool = False
    country: str = "DE"
    is_in_eu: bool = True
    currency: str = "EUR"
    locale: str = "de_DE"
    reports_last_update: bool = True
    webhooks_enabled: bool = True
    webhook_on_finalise: bool = False
    webhook_full_entity: bool = False
    rate_limit: int | None = Field(None, ge=1)
    client_id: str | None = None
    client_secret: str | None = None
    scopes: list[str] | None = None
    installed: bool = True
    invoice_prefix: str = "R-"
    credit_note_prefix: str = "G-"
    shared_numbers: bool = False
    einvoices: EInvoiceMode = "none"
    tells_issue_dates: bool = True


class ShopChange(Spec):
    """Options of an existing shop that may be changed while it runs."""

    display_taxes: bool | None = None
    delivery_threshold: bool | None = None
    country: str | None = None
    is_in_eu: bool | None = None
    reports_last_update: bool | None = None
    webhooks_enabled: bool | None = None
    webhook_on_finalise: bool | None = None
    webhook_full_entity: bool | None = None
    rate_limit: int | None = Field(None, ge=1)
    scopes: list[str] | None = None
    name: str | None = None
    einvoices: EInvoiceMode | None = None


class LineSpec(Spec):
    """A product line; the price is in the shop's tax model."""

    name: str = "Ware"
    sku: str | None = None
    price: Number
    rate: Number = Decimal(19)
    home_rate: Number | None = None
    tax_class: str | None = None
    quantity: Number = Field(Decimal(1), gt=0)
    unit: str = "Stück"
    variation: str | None = None


class PartSpec(Spec):
    """Shipping or fee at one rate."""

    rate: Number
    amount: Number


class ExtraSpec(Spec):
    """A deposit, eco participation or shipping option."""

    name: str = "Pfand"
    amount: Number
    rate: Number = Decimal(19)
    line: int | None = None


class OrderSpec(Spec):
    """An order; what is left out is made up, always the same for the same `seed`."""

    number: str | None = None
    seed: int | None = None
    at: datetime | None = None
    lines: list[LineSpec] | None = Field(None, min_length=1)
    currency: str | None = None
    tax_model: Literal["GROSS", "NET"] | None = None
    locale: str | None = "de_DE"
    billing: Address = {}
    shipping: Address | None = None
    shipping_price: Number | None = None
    shipping_split: bool = False
    shipping_rate: Number | None = None
    shipping_parts: list[PartSpec] | None = None
    shipping_method: str | None = "Paket"
    payment: str | None = None
    provider: str | None = None
    transaction_id: str | None = None
    payment_status: Literal["CANCELED", "FAILED"] | None = None
    invoice_terms: dict[InvoiceTerm, str] | None = None
    fee: Number = Decimal(0)
    fee_rate: Number | None = None
    coupon: Number | None = Field(None, gt=0)
    coupon_shows_shares: bool = True
    discount: Number | None = Field(None, gt=0)
    discount_name: str = "Treuerabatt"
    deposits: list[ExtraSpec] = []
    eco_participations: list[ExtraSpec] = []
    shipping_options: list[ExtraSpec] = []
    comment: str | None = None
    note: str | None = None
    paid: bool = False


class PickSpec(Spec):
    """Some pieces of one line, counted from 0."""

    index: int = Field(ge=0)
    quantity: Number | None = Field(None, gt=0)


class DocumentSpec(Spec):
    """What a new document holds and how its file behaves."""

    number: str | None = None
    issue_date: date | datetime | None = None
    created_at: datetime | None = None
    at: datetime | None = None
    address: Address = {}
    lines: list[PickSpec] | None = None
    shipping_price: Number | None = None
    override_totals: dict[TotalName, Number] = {}
    pdf: PdfMode = "ok"
    pdf_seconds: float = Field(30, ge=0)
    einvoice: EInvoiceMode | None = None
    negative: bool = False


class FinaliseSpec(DocumentSpec):
    """Which kind of document to make, or which draft to finalise."""

    type: DocumentType = "Invoice"
    document_id: str | None = None


class ChangeSpec(Spec):
    """New content for a finalised document; left empty, its first line gains one piece."""

    type: DocumentType = "Invoice"
    number: str
    address: Address = {}
    issue_date: date | datetime | None = None
    override_totals: dict[TotalName, Number] = {}
    line: int = 0
    price: Number | None = None
    quantity: Number | None = None
    rate: Number | None = None
    pdf: PdfMode | None = None
    einvoice: EInvoiceMode | None = None


class BulkSpec(Spec):
    """Many documents at once, spread over the given shops in turn; every n-th invoice is also credited."""

    shops: list[str] = Field(min_length=1)
    count: int = Field(ge=1, le=100_000)
    credit_every: int = Field(0, ge=0)
    seed: int | None = None
    lines: list[LineSpec] | None = None
    pdf: PdfMode = "ok"
    at: datetime | None = None
