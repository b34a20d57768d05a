"""What a shop keeps: itself, its orders, their documents and its webhooks, as they are stored."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from sandbox.epages.basket import Basket, TaxModel
from sandbox.epages.values import guid, words

Address = dict[str, str | None]
DocumentType = Literal["Invoice", "CreditNote"]
TotalName = Literal["grandTotal", "totalBeforeTax", "totalTax", "lineItemsSubTotal"]
EInvoiceMode = Literal[
    "none",
    "zugferd",
    "rounded",
    "storno_384",
    "negative_381",
    "af_only",
    "wrong_total",
    "wrong_tax",
    "wrong_number",
    "wrong_kind",
    "broken",
    "too_large",
]
PdfMode = Literal["ok", "missing", "not_pdf", "too_big", "late"]

ALL_SCOPES = words(
    "carts_price_write carts_read customers_read customers_write coupons_read coupons_write legal_read "
    "legal_write newsletters_read orders_read orders_write products_read products_write products_read_batch "
    "scripttags_read scripttags_write"
)
CONNECTOR_SCOPES = ["orders_read", "orders_write", "products_read", "customers_read", "legal_read"]
STATUS_DATES = words(
    "viewedOn rejectedOn inProcessOn pendingOn readyForDispatchOn partiallyDispatchedOn dispatchedOn "
    "deliveredOn partiallyInvoicedOn invoicedOn partiallyPaidOn paidOn returnedOn closedOn archivedOn"
)
EVENT_TYPES = words(
    "ORDER_CREATE ORDER_UPDATE ORDER_DELETE APP_UNINSTALL PRODUCT_CREATE PRODUCT_UPDATE PRODUCT_DELETE"
)
PRODUCT_TAX_CLASSES = {"normal": Decimal(19), "ermäßigt": Decimal(7), "steuerfrei": Decimal(0)}


class Shop(BaseModel):
    """One shop with the app installed in it; `host` None answers on every host that no other shop claims."""

    key: str
    shop_id: str
    host: str | None = None
    scheme: str = "http"
    name: str
    tax_model: TaxModel = "GROSS"
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
    rate_limit: int | None = None
    client_id: str
    client_secret: str
    access_token: str | None
    scopes: list[str] = CONNECTOR_SCOPES
    pending_code: str | None = None
    tells_issue_dates: bool = True  # releases before 7.32 do not, and say cancelledOn for rejectedOn
    invoice_prefix: str = "R-"
    credit_note_prefix: str = "G-"
    shared_numbers: bool = False
    einvoices: EInvoiceMode = "none"
    counters: dict[str, int] = {}

    def tax_class_id(self, name: str) -> str:
        return guid(self.key, "tax-class", name)


InvoiceTerm = Literal[
    "InvoiceBankName",
    "InvoiceAmount",
    "InvoiceAccountHolderName",
    "InvoiceIBAN",
    "InvoiceReferenceNumber",
    "InvoiceCurrency",
    "InvoicePaymentDueDate",
    "InvoiceBIC",
]


class Payment(BaseModel):
    """How an order is paid; all None after the merchant replaced the method."""

    method_id: str | None
    name: str | None
    provider: str | None = None
    transaction_id: str | None = None
    status: Literal["CANCELED", "FAILED"] | None = None
    invoice_terms: dict[InvoiceTerm, str] | None = None  # of a purchase on invoice through the provider


class ShippingMethod(BaseModel):
    """How an order is delivered."""

    method_id: str
    name: str


class Customer(BaseModel):
    """A buyer known to the shop."""

    customer_id: str
    number: str
    created: str
    address: Address
    note: str | None = None


class Pdf(BaseModel):
    """What the shop answers for a document's file, and from when on."""

    mode: PdfMode = "ok"
    available: str | None = None


class Document(BaseModel):
    """An invoice or credit note; a draft until it has a number and `finalised`."""

    document_id: str
    type: DocumentType
    number: str | None = None
    created: str
    issued: str
    finalised: str | None = None
    address: Address
    basket: Basket
    overrides: dict[TotalName, Decimal] = {}
    negative: bool = False
    pdf: Pdf = Pdf()
    einvoice: EInvoiceMode = "none"


class Order(BaseModel):
    """An order with its documents, oldest first."""

    order_id: str
    seq: int
    number: str
    created: str
    updated: str
    customer: Customer
    locale: str | None
    basket: Basket
    billing: Address
    shipping: Address | None = None
    shipping_method: ShippingMethod | None
    payment: Payment
    dates: dict[str, str] = {}
    comment: str | None = None
    note: str | None = None
    in_edit_mode: bool = False
    documents: list[Document] = []

    def products(self) -> set[str]:
        """Ids of the products in the order."""
        return {line.product_id for line in self.basket.lines}

    def finalised(self) -> list[Document]:
        """Documents the API shows, newest first."""
        return [document for document in reversed(self.documents) if document.finalised]


class Webhook(BaseModel):
    """A registration of one event type."""

    webhook_id: str
    shop_key: str
    active: bool
    event_type: str
    callback_url: str
    created: str
    updated: str


class Delivery(BaseModel):
    """A notification still to be delivered; `due` is when the next try may be made."""

    delivery_id: str
    webhook_id: str
    shop_key: str
    body: str
    failures: int = 0
    due: float = 0.0
