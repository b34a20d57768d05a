"""Orders and documents that are right as they are; a test changes only what it is about."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from common.domain.buyers import VatCheck
from common.domain.deciding import decide
from common.domain.documents import (
    Address,
    Document,
    DocumentLine,
    DocumentType,
    OrderSnapshot,
    PaymentData,
    TaxModel,
)
from common.domain.merchant import (
    EXPORT_CATEGORY,
    EXPORT_SERVICES_CATEGORY,
    GOODS_CATEGORY,
    INCOME_CATEGORY,
    INTRA_COMMUNITY_CATEGORY,
    ORIGIN_CATEGORY,
    ORIGIN_SERVICES_CATEGORY,
    OSS_CATEGORY,
    OSS_SERVICES_CATEGORY,
    REVERSE_CHARGE_CATEGORY,
    SERVICES_CATEGORY,
    SMALL_BUSINESS_BEFORE,
    SMALL_BUSINESS_CATEGORY,
    MerchantSettings,
)
from common.domain.money import Money
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.verdicts import CorrectedInvoice, CorrectionContext, Verdict

ZERO_CATEGORY = "cfddcc50-fd86-11e1-a21f-0800200c9a66"
LIABILITY_CATEGORY = "9b8c896d-5937-5828-a01b-5d38b7557222"


def _category(id: str, name: str, *, contact: bool = False, split: bool = True) -> PostingCategory:
    return PostingCategory(
        id=id, name=name, type="income", contact_required=contact, split_allowed=split, group_name="Einnahmen"
    )


CATEGORIES: Mapping[str, PostingCategory] = {
    category.id: category
    for category in (
        _category(GOODS_CATEGORY, "Warenverkauf"),
        _category(SERVICES_CATEGORY, "Dienstleistung"),
        _category(INCOME_CATEGORY, "Einnahmen"),
        _category(ZERO_CATEGORY, "Sonstige Einnahmen"),
        _category(LIABILITY_CATEGORY, "Erhaltene Anzahlungen"),
        _category(SMALL_BUSINESS_CATEGORY, "Einnahmen als Kleinunternehmer", split=False),
        _category(SMALL_BUSINESS_BEFORE, "Einnahmen als Kleinunternehmer (alt)", split=False),
        _category(INTRA_COMMUNITY_CATEGORY, "Innergemeinschaftliche Lieferung", contact=True, split=False),
        _category(REVERSE_CHARGE_CATEGORY, "Fremdleistungen §13b", contact=True, split=False),
        _category(EXPORT_CATEGORY, "Ausfuhrlieferungen an Drittländer", contact=True, split=False),
        _category(EXPORT_SERVICES_CATEGORY, "Dienstleistungen an Drittländer", contact=True, split=False),
        _category(ORIGIN_CATEGORY, "Fernverkauf", contact=True),
        _category(ORIGIN_SERVICES_CATEGORY, "Elektronische Dienstleistungen", contact=True),
        _category(OSS_CATEGORY, "Fernverkauf in EU-Land steuerpflichtig", contact=True),
        _category(OSS_SERVICES_CATEGORY, "Elektronische Dienstleistung in EU-Land", contact=True),
    )
}


def euro(amount: str) -> Money:
    """An amount in euro."""
    return Money.of(amount)


def make_address(**over: Any) -> Address:
    """A customer in Berlin."""
    values: dict[str, Any] = {
        "first_name": "Mara",
        "last_name": "Beispiel",
        "street": "Musterweg 5",
        "zip_code": "10115",
        "city": "Berlin",
        "country": "DE",
        "email": "mara@kunde.example",
    }
    return Address(**(values | over))


def make_line(price: str = "49.90", rate: str | None = "19", **over: Any) -> DocumentLine:
    """A line with this price before discounts."""
    values: dict[str, Any] = {
        "line_id": "line-1",
        "sku": "T-01",
        "name": "Lampe",
        "price": euro(price),
        "rate": None if rate is None else Decimal(rate),
    }
    return DocumentLine(**(values | over))


def make_payment(price: str = "0", **over: Any) -> PaymentData:
    """A payment method with this fee (or, negative, discount)."""
    values: dict[str, Any] = {"name": "PayPal", "transaction_id": "9XX00000AA111111B", "price": euro(price)}
    return PaymentData(**(values | over))


def make_order(**over: Any) -> OrderSnapshot:
    """An order of a gross shop, delivered to its billing address in Germany."""
    values: dict[str, Any] = {
        "order_id": "6A10C0DE-0001-4A2B-9C3D-0A0B0C0D0E01",
        "order_number": "2025-1042",
        "placed_at": datetime(2025, 3, 3, 21, 58, 10, tzinfo=UTC),
        "updated_at": datetime(2025, 3, 4, 8, 1, 33, tzinfo=UTC),
        "currency": "EUR",
        "tax_model": TaxModel.GROSS,
        "gross_total": euro("49.90"),
        "billing_address": make_address(),
        "payment": make_payment(),
    }
    return OrderSnapshot(**(values | over))


def make_invoice(**over: Any) -> Document:
    """An invoice over one line of 49.90 at 19 %; with another gross total, net and tax are unknown."""
    values: dict[str, Any] = {
        "type": DocumentType.INVOICE,
        "number": "R-2025-0311",
        "issued_at": datetime(2025, 3, 4, 9, 0, tzinfo=UTC),
        "address": make_address(),
        "currency": "EUR",
        "gross_total": euro("49.90"),
        "net_total": euro("41.93"),
        "tax_total": euro("7.97"),
        "lines": (make_line(),),
    }
    if "gross_total" in over:
        values |= {"net_total": None, "tax_total": None}
    return Document(**(values | over))


def zero_rated(**over: Any) -> Document:
    """An invoice over 30.00 at 0 % and 19.90 at 19 %."""
    lines = (make_line("30", "0"), make_line("19.90", "19", line_id="line-2"))
    return make_invoice(**({"gross_total": euro("49.90"), "lines": lines} | over))


def make_credit_note(**over: Any) -> Document:
    """A correction of the invoice's whole amount."""
    values: dict[str, Any] = {
        "type": DocumentType.CREDIT_NOTE,
        "number": "K-2025-0007",
        "issued_at": datetime(2025, 3, 10, 9, 0, tzinfo=UTC),
    }
    return make_invoice(**(values | over))


def make_profile(**over: Any) -> SellerProfile:
    """A seller with bookkeeping who shows VAT."""
    values: dict[str, Any] = {
        "organization_id": "0a0a0a0a-0000-4000-8000-000000000001",
        "company_name": "Beispiel GmbH",
        "tax_type": "gross",
        "business_features": ("INVOICING", "BOOKKEEPING"),
    }
    return SellerProfile(**(values | over))


def make_original(*candidates: CorrectedInvoice, **over: Any) -> CorrectionContext:
    """The given invoices of the order, else one booked invoice with these values."""
    return CorrectionContext(candidates=candidates or (make_original_invoice(**over),))


def make_original_invoice(**over: Any) -> CorrectedInvoice:
    """The booked invoice a correction refers to."""
    values: dict[str, Any] = {
        "number": "R-2025-0311",
        "issued_on": date(2025, 3, 4),
        "gross_total": euro("49.90"),
        "outcome": "booked",
    }
    return CorrectedInvoice(**(values | over))


def decide_on(
    document: Document,
    order: OrderSnapshot | None = None,
    *,
    profile: SellerProfile | None = None,
    categories: Mapping[str, PostingCategory] = CATEGORIES,
    settings: MerchantSettings | None = None,
    original: CorrectionContext | None = None,
    vat_check: VatCheck | None = None,
    check_overdue: bool = False,
) -> Verdict:
    """The verdict with everything else as it should be; a correction finds its invoice booked."""
    if original is None and document.type is DocumentType.CREDIT_NOTE:
        original = make_original(gross_total=abs(document.gross_total))
    return decide(
        document,
        order or make_order(),
        profile or make_profile(),
        categories,
        settings or MerchantSettings(),
        original=original,
        vat_check=vat_check,
        check_overdue=check_overdue,
    )
