"""How many documents the decision core decides in a second, on one core and without any I/O."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from bench.figures import middle, percent, table
from bench.report import Section
from common.domain.buyers import VatCheck
from common.domain.deciding import decide
from common.domain.documents import (
    Address,
    Charge,
    Document,
    DocumentLine,
    DocumentType,
    OrderSnapshot,
    PaymentData,
    TaxModel,
    TaxShare,
)
from common.domain.merchant import MerchantSettings
from common.domain.money import Money, total
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.stored_words import DocumentStatus, VatResult
from common.domain.verdicts import CorrectedInvoice, CorrectionContext, Decision

TARGET = 5_000
RUNS = 5
MOMENT = datetime(2025, 3, 4, 9, tzinfo=UTC)
VAT_ID = "ATU13585627"
CHECK = VatCheck(vat_id=VAT_ID, result=VatResult.VALID, checked_at=MOMENT)
SELLER = SellerProfile(organization_id="o", tax_type="gross", distance_sales_principle="DESTINATION")
MERCHANT = MerchantSettings()
ABROAD = (
    MERCHANT.oss_category_id,
    MERCHANT.intra_community_category_id,
    MERCHANT.export_category_id,
)
CATEGORIES = {
    id: PostingCategory(id=id, name=id, type="income", contact_required=id in ABROAD)
    for id in (MERCHANT.category_id, *ABROAD)
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document, how often it comes among a hundred, and the rates of its lines."""

    name: str
    share: int
    country: str
    rates: tuple[str, ...]
    type: DocumentType = DocumentType.INVOICE
    is_company: bool = False


KINDS = (
    Kind("domestic, one line", 25, "DE", ("19",)),
    Kind("domestic, five lines of two rates, shipping", 40, "DE", ("19", "7", "19", "7", "19")),
    Kind("distance sale (OSS), two lines", 12, "AT", ("20", "10")),
    Kind("intra-community supply", 6, "AT", ("0", "0"), is_company=True),
    Kind("export", 6, "CH", ("0",)),
    Kind("correction, five lines", 11, "DE", ("19", "7", "19", "7", "19"), DocumentType.CREDIT_NOTE),
)
Case = tuple[Document, OrderSnapshot, CorrectionContext | None]


async def measure(*, quick: bool) -> Section:
    """Decide a mix of documents again and again; the middle of several runs counts."""
    cases = list(_cases(2_000 if quick else 20_000))
    speeds = [_speed(cases) for _ in range(RUNS)]
    booked = Counter(type(_decided(case)).__name__ for case in cases)[Decision.__name__]
    rows = [
        ["documents decided per second, middle", f"{middle(speeds):,.0f}"],
        ["slowest run", f"{min(speeds):,.0f}"],
        ["decisions to book", percent(booked / len(cases))],
    ]
    mix = "; ".join(f"{kind.share} % {kind.name}" for kind in KINDS)
    note = (
        f"{len(cases):,} different documents, {RUNS} runs, processor time of one core. Mix: {mix}."
        f" Target: at least {TARGET:,}/s."
    )
    return Section("decisions", f"{table(['one core', 'value'], rows)}\n\n{note}")


def _speed(cases: list[Case]) -> float:
    began = time.process_time()
    for case in cases:
        _decided(case)
    return len(cases) / (time.process_time() - began)


def _decided(case: Case) -> object:
    document, order, original = case
    return decide(document, order, SELLER, CATEGORIES, MERCHANT, original=original, vat_check=CHECK)


def _cases(count: int) -> Iterator[Case]:
    kinds = [kind for kind in KINDS for _ in range(kind.share)]
    for number in range(count):
        yield _case(kinds[number * 37 % len(kinds)], number)


def _case(kind: Kind, number: int) -> Case:
    address = Address(
        company=f"Firma {number} GmbH" if kind.is_company else None,
        first_name="Mara",
        last_name=f"Beispiel {number}",
        street=f"Musterweg {number % 90}",
        zip_code=f"{1000 + number % 8000}" if kind.country != "DE" else f"{10_000 + number % 9000}",
        city="Ort",
        country=kind.country,
        vat_id=VAT_ID if kind.is_company else None,
    )
    lines = tuple(
        DocumentLine(
            line_id=str(place),
            name="Ware",
            price=Money(1_000 + (number * 7 + place) % 9_000),
            rate=Decimal(rate),
        )
        for place, rate in enumerate(kind.rates)
    )
    has_shipping = len(lines) > 2
    shipping = Money(490) if has_shipping else None
    gross = total([*(line.price for line in lines), *([shipping] if shipping else [])])
    document = Document(
        type=kind.type,
        number=f"R-{number}",
        issued_at=MOMENT,
        address=address,
        currency="EUR",
        gross_total=gross,
        lines=lines,
        shipping=shipping,
    )
    return document, _order(address, number, has_shipping=has_shipping), _original(kind, gross)


def _order(address: Address, number: int, *, has_shipping: bool) -> OrderSnapshot:
    taxes = (TaxShare(rate=Decimal(19), tax=Money(47)), TaxShare(rate=Decimal(7), tax=Money(13)))
    return OrderSnapshot(
        order_id=f"o-{number}",
        order_number=f"2025-{number}",
        tax_model=TaxModel.GROSS,
        billing_address=address,
        shipping=Charge(name="Paket", price=Money(490), taxes=taxes) if has_shipping else None,
        payment=PaymentData(name="PayPal", price=Money(0), transaction_id=f"T{number}"),
        dispatched_at=MOMENT,
    )


def _original(kind: Kind, gross: Money) -> CorrectionContext | None:
    if kind.type is DocumentType.INVOICE:
        return None
    by_rate = {Decimal(19): gross, Decimal(7): gross}
    invoice = CorrectedInvoice(
        number="R-0",
        issued_on=date(2025, 3, 1),
        gross_total=gross,
        outcome=DocumentStatus.BOOKED,
        gross_by_rate=by_rate,
    )
    return CorrectionContext(candidates=(invoice,))
