"""What an ePages shop sends, read tolerantly: unknown fields are ignored, absent and null are the same."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from common.domain.cleaning import storable
from common.domain.web_addresses import storefront_of

LARGEST_POWER = 12
SMALLEST_POWER = -30


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value).strip() or None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return None


def _given(value: Any) -> str:
    text = _text(value)
    if not isinstance(value, str) or not text:
        raise ValueError("not a text")
    return str(text)


def _amount(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise ValueError("not a decimal number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError("not a decimal number") from None
    if not number.is_finite() or (number and not SMALLEST_POWER < number.adjusted() < LARGEST_POWER):
        raise ValueError("not an amount")
    return number


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("not a moment")
    parsed = datetime.fromisoformat(value.strip())
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError:  # midnight of the year 1, east of Greenwich
        raise ValueError("not a moment") from None


def _price(value: Any) -> Any:
    return {"amount": value} if isinstance(value, str | int | Decimal) else value


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else []


def _lenient(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Text = Annotated[str | None, BeforeValidator(_text)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
AnyMoment = Annotated[Moment | None, WrapValidator(_lenient)]


class Wire(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Price(Wire):
    """An amount with its currency; order totals come as bare strings or numbers without one."""

    amount: Amount
    currency: Text = None
    tax_type: Text = None


AnyPrice = Annotated[Price | None, BeforeValidator(_price)]
LenientPrice = Annotated[AnyPrice, WrapValidator(_lenient)]


class Address(Wire):
    """A postal address."""

    company: Text = None
    salutation: Text = None
    title: Text = None
    first_name: Text = None
    last_name: Text = None
    street: Text = None
    street_details: Text = None
    address_extension: Text = None
    zip_code: Text = None
    city: Text = None
    state: Text = None
    country: Text = None
    vat_id: Text = None
    email_address: Text = None
    phone_number: Text = None
    mobile_phone_number: Text = None


class TaxClass(Wire):
    """A tax class with the rate applied, in percent."""

    tax_class_id: Text = None
    name: Text = None
    percentage: Amount | None = None


class TaxEntry(Wire):
    """Tax contained in shipping or a payment fee for one class."""

    tax_class: TaxClass | None = None
    price: AnyPrice = None


class PaymentTerms(Wire):
    """What a provider adds about a purchase on invoice; of the bank account to pay to nothing is read."""

    due_date: Text = Field(default=None, alias="InvoicePaymentDueDate")


class Method(Wire):
    """A shipping or payment method."""

    id: Text = None
    name: Text = None
    provider_name: Text = None
    additional_data: Annotated[PaymentTerms | None, WrapValidator(_lenient)] = None


class ShippingData(Wire):
    """How an order is delivered."""

    shipping_method: Method | None = None
    price: AnyPrice = None
    taxes: Annotated[tuple[TaxEntry, ...], BeforeValidator(_list)] = ()


class PaymentData(Wire):
    """How an order is paid; every member is null after the method was replaced by hand."""

    payment_method: Method | None = None
    transaction_id: Text = None
    price: AnyPrice = None
    status: Text = None
    taxes: Annotated[tuple[TaxEntry, ...], BeforeValidator(_list)] = ()


class Quantity(Wire):
    """How much of a product."""

    amount: Amount


class LineItem(Wire):
    """A product line."""

    line_item_id: Text = None
    product_id: Text = None
    sku: Text = None
    name: Text = None
    quantity: Quantity | None = None
    single_item_price: AnyPrice = None
    line_item_price: Annotated[Price, BeforeValidator(_price)]
    line_item_coupon_discount: AnyPrice = None
    tax_class: TaxClass | None = None


class OtherLine(Wire):
    """A coupon, basket discount, deposit, eco participation or shipping option."""

    name: Text = None
    line_item_price: AnyPrice = None
    line_item_product_guid: Text = None


OtherLines = Annotated[tuple[OtherLine, ...], BeforeValidator(_list)]


class LineItemContainer(Wire):
    """Lines with their sums."""

    grand_total: Annotated[Price, BeforeValidator(_price)]
    total_before_tax: AnyPrice = None
    total_tax: AnyPrice = None
    product_line_items: Annotated[tuple[LineItem, ...], BeforeValidator(_list)] = ()
    shipping_price: AnyPrice = None
    coupon_line_item: OtherLine | None = None
    basket_discount: OtherLine | None = None
    deposits: OtherLines = ()
    eco_participations: OtherLines = ()
    shipping_options: OtherLines = ()


class Order(Wire):
    """An order as the list or the single read gives it; only its id has to be there."""

    order_id: str
    order_number: Text = None
    creation_date: AnyMoment = None
    last_updated_on_date: AnyMoment = None
    customer_id: Text = None
    customer_number: Text = None
    locale: Text = None
    currency_id: Text = None
    tax_model: Text = None
    internal_note: Text = None
    grand_total: LenientPrice = None
    total_tax: LenientPrice = None
    billing_address: Annotated[Address | None, WrapValidator(_lenient)] = None
    shipping_address: Annotated[Address | None, WrapValidator(_lenient)] = None
    shipping_data: Annotated[ShippingData | None, WrapValidator(_lenient)] = None
    payment_data: Annotated[PaymentData | None, WrapValidator(_lenient)] = None
    viewed_on: AnyMoment = None
    rejected_on: AnyMoment = None
    cancelled_on: AnyMoment = None  # what shops before 7.32 say for it
    in_process_on: AnyMoment = None
    pending_on: AnyMoment = None
    ready_for_dispatch_on: AnyMoment = None
    partially_dispatched_on: AnyMoment = None
    dispatched_on: AnyMoment = None
    delivered_on: AnyMoment = None
    partially_invoiced_on: AnyMoment = None
    invoiced_on: AnyMoment = None
    partially_paid_on: AnyMoment = None
    paid_on: AnyMoment = None
    returned_on: AnyMoment = None
    closed_on: AnyMoment = None
    archived_on: AnyMoment = None
    fingerprint: str = ""  # of the whole item as it was sent; ours, not the shop's

    @property
    def has_status(self) -> bool:
        """Whether at least one status date is set."""
        return any(getattr(self, name) is not None for name in STATUS_DATES)


STATUS_DATES = tuple(name for name in Order.model_fields if name.endswith("_on"))


class OrderDocument(Wire):
    """A finalised invoice or credit note."""

    order_id: Text = None
    document_type: Text = None
    document_number: Text = None
    issue_date: Moment | None = None
    creation_date: AnyMoment = None
    address: Annotated[Address | None, WrapValidator(_lenient)] = None
    line_item_container: LineItemContainer
    document_pdf: str | None = None

    @model_validator(mode="after")
    def _has_a_date(self) -> "OrderDocument":
        if self.issue_date is None and self.creation_date is None:
            raise ValueError("neither issueDate nor creationDate")
        return self


class ShopInfo(Wire):
    """The shop itself: an object without a name and without a web address of it is none."""

    name: Annotated[str, BeforeValidator(_given)]
    country_code2: Text = None
    sf_url: Text = None
    mbo_url: Text = None

    @property
    def storefront(self) -> str | None:
        """Where customers buy, else where the merchant works, as places are compared."""
        return storefront_of(self.sf_url) or storefront_of(self.mbo_url)

    @model_validator(mode="after")
    def _has_address(self) -> Self:
        if self.storefront is None:
            raise ValueError("neither sfUrl nor mboUrl is a web address")
        return self
