"""The JSON of Lexware Office: strict in what we send, tolerant in what we read, decimals throughout."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from common.domain.cleaning import storable
from common.domain.documents import BERLIN
from common.domain.money import Money
from common.http.errors import UnreadableAnswer

LARGEST = Decimal(10) ** 12


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal):
        raise ValueError("no decimal")
    try:
        amount = Decimal(value)
        is_amount = amount.is_finite() and abs(amount) <= LARGEST
    except ArithmeticError:
        raise ValueError("no decimal") from None
    if not is_amount:
        raise ValueError("no amount")
    return amount


def _local_date(value: Any) -> Any:
    """The calendar date in German time, whatever offset the moment was written with."""
    if not isinstance(value, str) or len(value) == len("2026-03-02"):
        return value
    moment = datetime.fromisoformat(value)
    return moment.date() if moment.tzinfo is None else _moved(moment, BERLIN).date()


def _moment(value: Any) -> Any:
    """The moment in UTC; one without offset is German time."""
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    return _moved(moment if moment.tzinfo else moment.replace(tzinfo=BERLIN), UTC)


def _moved(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise ValueError("no moment") from None


WireDecimal = Annotated[Decimal, BeforeValidator(_decimal)]
WireDate = Annotated[date, BeforeValidator(_local_date)]
WireMoment = Annotated[datetime, BeforeValidator(_moment)]
WireId = Annotated[str, Field(min_length=1, max_length=64)]
WireNumber = Annotated[int, Field(ge=0, lt=2**31)]


class Wire(BaseModel):
    """Something Lexware sends: null means absent, unknown fields are ignored.

    `VITAL` names the fields without which a row would be taken for another: unreadable, they lose it.
    """

    VITAL: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: _storable(field) for name, field in value.items() if field is not None}
        return value


def _storable(value: Any) -> Any:
    if isinstance(value, list):
        return [_storable(part) for part in value]
    return storable(value) if isinstance(value, str) else value


WireT = TypeVar("WireT", bound=Wire)


def read_json(content: bytes) -> Any:
    """The JSON of an answer with decimals instead of floats; raises `ValueError`."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except ArithmeticError as error:
        raise ValueError("a number beyond all bounds") from error


def parse(model: type[WireT], content: bytes) -> WireT:
    """One object of an answer; raises `UnreadableAnswer` without its content."""
    try:
        return model.model_validate(read_json(content))
    except ValidationError as error:
        raise UnreadableAnswer(f"{model.__name__}: {error.error_count()} fields do not fit") from None
    except (ValueError, RecursionError):
        raise UnreadableAnswer(f"{model.__name__}: no JSON") from None


class NewVoucherItem(Wire):
    """One line of a voucher to create; amounts are positive, also of credit notes."""

    amount: Decimal
    tax_amount: Decimal
    tax_rate_percent: Decimal
    category_id: str


class NewVoucher(Wire):
    """A voucher to create; neither a version nor a status is ever sent."""

    type: str
    voucher_number: str
    voucher_date: date
    shipping_date: date | None = None
    due_date: date | None = None
    total_gross_amount: Decimal
    total_tax_amount: Decimal
    tax_type: str = "gross"
    use_collective_contact: bool = False
    contact_id: str | None = None
    contact_name: str | None = None
    remark: str | None = None
    voucher_items: tuple[NewVoucherItem, ...]

    def to_wire(self) -> bytes:
        """The request body: money as JSON numbers with exactly two decimals, rates as short as they are.

        A decimal becomes the text of a JSON number and is set into the document as it is, so 104.70 stays
        104.70 and no float is ever made of it.
        """
        document = self.model_dump(by_alias=True, exclude_none=True, exclude={"voucher_items"})
        document["voucherDate"] = self.voucher_date.isoformat()
        for name, moment in (("shippingDate", self.shipping_date), ("dueDate", self.due_date)):
            if moment is not None:
                document[name] = moment.isoformat()
        document["totalGrossAmount"] = money_number(self.total_gross_amount)
        document["totalTaxAmount"] = money_number(self.total_tax_amount)
        document["voucherItems"] = [
            {
                "amount": money_number(item.amount),
                "taxAmount": money_number(item.tax_amount),
                "taxRatePercent": short_number(item.tax_rate_percent),
                "categoryId": item.category_id,
            }
            for item in self.voucher_items
        ]
        return orjson.dumps(document)


class VoucherItem(Wire):
    """One line of a voucher in the books."""

    amount: WireDecimal
    tax_amount: WireDecimal = Decimal(0)
    tax_rate_percent: WireDecimal = Decimal(0)
    category_id: str | None = None


class Voucher(Wire):
    """A voucher in the books."""

    VITAL = frozenset({"id", "type", "voucherStatus", "voucherNumber", "remark", "files"})

    id: WireId
    type: str
    voucher_status: str | None = None
    voucher_number: str | None = None
    voucher_on: WireDate | None = Field(default=None, alias="voucherDate")
    total_gross_amount: WireDecimal | None = None
    total_tax_amount: WireDecimal | None = None
    tax_type: str | None = None
    use_collective_contact: bool = False
    contact_id: str | None = None
    contact_name: str | None = None
    remark: str | None = None
    voucher_items: tuple[VoucherItem, ...] = ()
    files: tuple[str, ...] = ()
    version: int | None = None


class VoucherListRow(Wire):
    """What the voucherlist says about one voucher; one that nobody checked may say little."""

    VITAL = frozenset({"id"})

    id: WireId
    voucher_type: str = ""
    voucher_status: str = ""
    voucher_number: str = ""
    voucher_on: WireDate | None = Field(default=None, alias="voucherDate")
    updated_date: WireMoment | None = None
    contact_id: str | None = None
    contact_name: str | None = None
    total_amount: WireDecimal | None = None
    open_amount: WireDecimal | None = None
    currency: str = "EUR"
    archived: bool = False

    @property
    def total(self) -> Money | None:
        """The gross total, when it is known."""
        return None if self.total_amount is None else Money.of(self.total_amount, self.currency)


class Profile(Wire):
    """The organization behind a connection."""

    VITAL = frozenset(
        {"organizationId", "taxType", "smallBusiness", "distanceSalesPrinciple", "businessFeatures"}
    )

    organization_id: WireId
    company_name: str | None = None
    tax_type: str | None = None
    small_business: bool = False
    distance_sales_principle: str | None = None
    business_features: tuple[str, ...] = ()
    connection_id: str | None = None


class Category(Wire):
    """A posting category."""

    VITAL = frozenset({"id", "type", "contactRequired", "splitAllowed"})

    id: WireId
    name: str = ""
    type: str
    contact_required: bool = False
    split_allowed: bool = True
    group_name: str | None = None


class ActionResult(Wire):
    """What a write answers: the id of what it made."""

    id: str = Field(min_length=1)
    version: int | None = None


def money_number(amount: Decimal) -> orjson.Fragment:
    """A JSON number with exactly two decimals; an amount that does not fit in cents is refused."""
    cents = amount.quantize(Decimal("0.01"))
    if cents != amount:
        raise ValueError("an amount has fractions of a cent")
    return orjson.Fragment(format(cents, "f"))


def short_number(value: Decimal) -> orjson.Fragment:
    """A JSON number without needless zeros: 19, 7, 5.5."""
    text = format(value, "f")
    return orjson.Fragment(text.rstrip("0").rstrip(".") if "." in text else text)


def _no_constant(name: str) -> Any:
    raise ValueError(name)
