"""One tax case as a row: who sold what to whom and when, and what must become of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from common.domain.buyers import VatCheck, buyers_vat_id
from common.domain.documents import Address, Document, DocumentLine, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.money import total
from common.domain.reasons import DocumentReason
from common.domain.stored_words import VatResult
from common.domain.verdicts import CorrectionContext, Verdict
from factories.documents import (
    decide_on,
    euro,
    make_address,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_original,
    make_original_invoice,
    make_profile,
)

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Seller:
    """The seller as the books and the settings know him."""

    words: str
    profile: Values = field(default_factory=dict)
    settings: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Buyer:
    """The buyer's invoice address, and a delivery address where it is another."""

    words: str
    address: Address
    delivery: Address | None = None


@dataclass(frozen=True)
class Goods:
    """The lines of the document."""

    words: str
    lines: tuple[DocumentLine, ...]


@dataclass(frozen=True)
class Booked:
    """A voucher: category and rate of each item, the kind of contact, and rules that must have fired."""

    items: tuple[tuple[str, str], ...]
    contact: Literal["collective", "person", "company"]
    shipping_on: date | None = None
    fired: tuple[str, ...] = ()


@dataclass(frozen=True)
class Excluded:
    """Left out by this rule."""

    rule: str


@dataclass(frozen=True)
class TaxCase:
    """A row of the table."""

    rule: str
    seller: Seller
    buyer: Buyer
    goods: Goods
    on: date
    result: Booked | DocumentReason | Excluded
    correction_of: date | None = None
    dispatched_on: date | None = None
    vat_check: Literal["valid", "invalid", "unavailable"] | None = None
    overdue: bool = False
    order: Values = field(default_factory=dict)
    original: Values = field(default_factory=dict)
    total: str | None = None  # of a tax-free document whose lines keep other prices

    @property
    def settings(self) -> MerchantSettings:
        """The merchant's settings."""
        return MerchantSettings.model_validate(self.seller.settings)

    def decide(self) -> Verdict:
        """The verdict on the row."""
        document, order = self.document(), self.snapshot()
        return decide_on(
            document,
            order,
            profile=make_profile(**self.seller.profile),
            settings=self.settings,
            original=self.originals(document),
            vat_check=self.check(document, order),
            check_overdue=self.overdue,
        )

    def document(self) -> Document:
        """The invoice, or the correction."""
        make = make_invoice if self.correction_of is None else make_credit_note
        gross = total(line.price for line in self.goods.lines)
        values: dict[str, Any] = {
            "lines": self.goods.lines,
            "address": self.buyer.address,
            "issued_at": noon(self.on),
        }
        if self.total is not None:
            gross = euro(self.total)
            values |= {"net_total": gross, "tax_total": euro("0")}
        return make(gross_total=gross, **values)

    def snapshot(self) -> OrderSnapshot:
        """The order of a gross shop."""
        values: dict[str, Any] = {
            "billing_address": self.buyer.address,
            "shipping_address": self.buyer.delivery,
            "dispatched_at": None if self.dispatched_on is None else noon(self.dispatched_on),
        }
        return make_order(**(values | dict(self.order)))

    def originals(self, document: Document) -> CorrectionContext | None:
        """The one invoice of the order, booked, over the same amount."""
        if self.correction_of is None:
            return None
        values: dict[str, Any] = {"issued_on": self.correction_of, "gross_total": document.gross_total}
        return make_original(make_original_invoice(**(values | dict(self.original))))

    def check(self, document: Document, order: OrderSnapshot) -> VatCheck | None:
        """The answer about the buyer's VAT id."""
        vat_id = buyers_vat_id(document, order)
        if self.vat_check is None or vat_id is None:
            return None
        asked_at = datetime(2025, 3, 1, 8, tzinfo=UTC)
        return VatCheck(
            vat_id=vat_id.value, result=VatResult(self.vat_check), checked_at=asked_at, request_id="WAPI-1"
        )


def goods(words: str, *rates: str, price: str = "119.00", **line: Any) -> Goods:
    """A line of this price at each rate."""
    lines = (make_line(price, rate, line_id=f"line-{number}", **line) for number, rate in enumerate(rates, 1))
    return Goods(words, tuple(lines))


def person(country: str, zip_code: str, city: str, *, delivery: Address | None = None) -> Buyer:
    """A private customer."""
    place = f"{zip_code} {city}".strip()
    address = make_address(country=country, zip_code=zip_code, city=city)
    words = f"person, {country} {place}"
    if delivery is not None:
        words += f", delivered to {delivery.country} {delivery.zip_code}"
    return Buyer(words, address, delivery)


def company(
    country: str,
    zip_code: str,
    vat_id: str | None = None,
    *,
    name: str | None = "Moorbach & Söhne GmbH",
    delivery: Address | None = None,
) -> Buyer:
    """A business customer; without a name it is a person with a VAT id."""
    address = make_address(country=country, zip_code=zip_code, city="Ort", company=name, vat_id=vat_id)
    words = f"{'company' if name else 'person'}, {country}, {vat_id or 'no VAT id'}"
    if delivery is not None:
        words += f", delivered to {delivery.country}"
    return Buyer(words, address, delivery)


def booked(
    category_id: str,
    *rates: str,
    contact: Literal["collective", "person", "company"] = "collective",
    shipping_on: date | None = None,
    fired: tuple[str, ...] = (),
) -> Booked:
    """All items in one category."""
    return Booked(tuple((category_id, rate) for rate in rates), contact, shipping_on, fired)


def noon(on: date) -> datetime:
    """A moment on that day in Germany."""
    return datetime.combine(on, time(11), tzinfo=UTC)


def amounts(**rates: str) -> dict[Decimal, Any]:
    """Gross per rate, written as `at19="49.90"`."""
    return {Decimal(rate[2:]): euro(amount) for rate, amount in rates.items()}
