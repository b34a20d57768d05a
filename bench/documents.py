"""Invoices as ingest announces them, and how they come onto the topic before anybody reads it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from bench.merchants import Merchant
from common.archive import Archive
from common.db.engine import Database
from common.domain.documents import (
    Address,
    Charge,
    Document,
    DocumentLine,
    DocumentType,
    OrderSnapshot,
    OriginalRef,
    PaymentData,
    TaxModel,
    content_hash,
)
from common.domain.money import Money
from common.events.documents import DocumentIssued, issued
from common.inbox.accept import accept
from common.settings import KafkaSettings
from common.transport.base import Outgoing, TransportUnavailable
from common.transport.kafka import KafkaTransport

PDF_BYTES = 30_000
PUBLISHED_AT_ONCE = 500
CONNECT_SECONDS = 30


async def invoices(
    db: Database,
    merchants: Sequence[Merchant],
    count: int,
    prefix: str,
    *,
    with_file: bool,
    customers: int = 1,
) -> list[DocumentIssued]:
    """`count` invoices, spread over merchants and customers in turn, their numbers begin with the prefix."""
    made = []
    for place in range(count):
        merchant, number = merchants[place % len(merchants)], f"{prefix}{place:05}"
        pdf = await _stored_pdf(db, merchant.tenant_id, number) if with_file else None
        made.append(_invoice(merchant, number, pdf, place % customers))
    return made


async def publish(settings: KafkaSettings, db: Database, events: Sequence[DocumentIssued]) -> None:
    """Every event is on its topic, in the format of the relay."""
    transport, stop = KafkaTransport(settings, db, accept), asyncio.Event()
    running = asyncio.create_task(transport.run(stop))
    try:
        await _connected(transport)
        for start in range(0, len(events), PUBLISHED_AT_ONCE):
            rows = [_outgoing(event) for event in events[start : start + PUBLISHED_AT_ONCE]]
            done = await transport.publish(rows)
            if len(done.sent) != len(rows):
                raise TransportUnavailable(f"{len(done.sent)} of {len(rows)} events are on the topic")
    finally:
        stop.set()
        await running


async def _connected(transport: KafkaTransport) -> None:
    async with asyncio.timeout(CONNECT_SECONDS):
        while True:
            try:
                await transport.check()
                return
            except Exception:  # noqa: BLE001 - whatever the reason, the producer is not ready yet
                await asyncio.sleep(0.1)


async def _stored_pdf(db: Database, tenant_id: UUID, number: str) -> OriginalRef:
    content = b"%PDF-1.4\n" + (number.encode() + b"\n") * (PDF_BYTES // (len(number) + 1))
    async with db.sessions.of_all_tenants() as session:
        return await Archive().store(session, tenant_id, content, "application/pdf")


def _outgoing(event: DocumentIssued) -> Outgoing:
    return Outgoing(
        outbox_id=0,
        event_id=event.event_id,
        type=event.type,
        topic=event.topic.name,
        tenant_id=event.tenant_id,
        ordering_key=event.ordering_key,
        lane=event.lane,
        payload=event.model_dump_json().encode(),
        headers=event.headers(),
    )


def _invoice(merchant: Merchant, number: str, pdf: OriginalRef | None, customer: int) -> DocumentIssued:
    now, address = datetime.now(UTC), _address(customer)
    document = Document(
        type=DocumentType.INVOICE,
        number=number,
        issued_at=now,
        address=address,
        currency="EUR",
        gross_total=Money.of("62.40"),
        net_total=Money.of("53.61"),
        tax_total=Money.of("8.79"),
        lines=(_line("1", "Lampe", "49.90", "19"), _line("2", "Buch", "12.50", "7")),
    )
    order = OrderSnapshot(
        order_id=str(uuid4()).upper(),
        order_number=f"B-{number}",
        placed_at=now,
        updated_at=now,
        customer_number=str(10017 + customer),
        currency="EUR",
        tax_model=TaxModel.GROSS,
        gross_total=Money.of("62.40"),
        billing_address=address,
        shipping=Charge(name="Paket", price=Money.of("0")),
        payment=PaymentData(name="PayPal", transaction_id="9XX00000AA111111B", price=Money.of("0")),
    )
    return issued(
        tenant_id=merchant.tenant_id,
        connection_id=merchant.shop_id,
        occurred_at=now,
        order_id=order.order_id,
        order=order,
        document=document,
        content_hash=content_hash(document),
        pdf=pdf,
    )


def _address(customer: int) -> Address:
    return Address(
        first_name="Mara",
        last_name=f"Beispiel {customer}" if customer else "Beispiel",
        street="Musterweg 5",
        zip_code="10115",
        city="Berlin",
        country="DE",
        email=f"mara{customer or ''}@kunde.example",
    )


def _line(line_id: str, name: str, price: str, rate: str) -> DocumentLine:
    return DocumentLine(
        line_id=line_id, sku=f"T-{line_id}", name=name, price=Money.of(price), rate=Decimal(rate)
    )
