"""Events too large for a broker travel by hash through the archive; what is refused all the same is seen."""

import json
from collections.abc import Sequence

from sqlalchemy import select, update

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.models.ingest import DocumentRow
from common.db.models.line import OutboxRow
from common.domain.documents import DocumentType
from common.events.documents import DocumentIssued, InvoiceIssued, issued
from common.events.topics import INGEST, INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done, Message
from common.inbox.routes import Route
from common.inbox.worker import Worker
from common.outbox.relay import Relay
from common.transport.base import Outgoing, Published
from common.transport.kafka import KafkaTransport
from common.transport.local import LocalTransport
from factories.documents import make_invoice, make_line, make_order
from ingest.undelivered import show_undelivered
from support.eventually import eventually
from support.inbox import (
    CONNECTION,
    FAST,
    FAST_RELAY,
    TENANT,
    Recorder,
    database_time,
    inbox_rows,
    outbox_rows,
    put,
    running,
)
from support.topics import with_topics

BROKERS_LIMIT = 1024 * 1024


def large_invoice() -> DocumentIssued:
    """An invoice of an order with 2,200 long lines."""
    lines = tuple(make_line(name=f"{number} " + "Schraube, verzinkt " * 30) for number in range(2200))
    return issued(
        tenant_id=TENANT,
        connection_id=CONNECTION,
        order_id="large",
        order=make_order(),
        document=make_invoice(lines=lines),
        content_hash="x",
    )


async def worked(db: Database, transport: KafkaTransport | LocalTransport) -> list[Message]:
    """What the invoice writer's worker is given of what ingest recorded."""
    seen: list[Message] = []

    async def handle(message: Message) -> Done:
        seen.append(message)
        return Done()

    writer = Worker(db, INVOICE_WRITER, [Route(InvoiceIssued, handle)], FAST)
    transport.subscribe(INVOICE_WRITER, writer.wake)
    async with running(transport, Relay(db, INGEST, transport, FAST_RELAY), writer):
        await eventually(lambda: bool(seen), within=30)
    return seen


async def test_an_invoice_of_2200_long_lines_passes_a_broker(
    postgres: Database, real_kafka: str, topic_prefix: str
) -> None:
    event = large_invoice()
    assert len(event.model_dump_json()) > BROKERS_LIMIT
    await put(postgres, event, producer=INGEST)
    settings = await with_topics(real_kafka, topic_prefix)
    (message,) = await worked(postgres, KafkaTransport(settings, postgres, accept))
    assert message.event == event


async def test_rows_of_a_large_event_are_small_on_every_database(database: Database) -> None:
    event = large_invoice()
    await put(database, event, producer=INGEST)
    (message,) = await worked(database, LocalTransport(database, accept))
    assert message.event == event
    (out,), (in_,) = await outbox_rows(database), await inbox_rows(database)
    assert len(out.payload or b"") == len(in_.payload or b"") < 200


async def test_a_large_event_whose_bytes_are_gone_becomes_a_dead_letter(database: Database) -> None:
    await put(database, large_invoice(), producer=INGEST)
    async with database.sessions.of_all_tenants() as session:
        lost = {"sha256": "0" * 64, "size": 300_000}
        await session.execute(update(OutboxRow).values(payload=json.dumps(lost).encode()))
    await Relay(database, INGEST, LocalTransport(database, accept), FAST_RELAY).run_once()
    recorder = Recorder()
    await Worker(database, INVOICE_WRITER, [Route(InvoiceIssued, recorder)], FAST).run_until_idle()
    assert [row.state for row in await inbox_rows(database)] == ["dead"]
    assert recorder.messages == []


class Refusing:
    """A transport that takes nothing until told to."""

    def __init__(self) -> None:
        self.takes = False

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Take or refuse everything."""
        ids = [row.outbox_id for row in batch]
        return Published(ids) if self.takes else Published([], dict.fromkeys(ids, "too large"))


async def test_a_refused_row_opens_an_alarm_and_shows_at_its_document_until_it_is_out(
    database: Database,
) -> None:
    event = large_invoice()
    await add_document(database, event)
    await put(database, event, producer=INGEST)
    transport = Refusing()
    relay = Relay(database, INGEST, transport, FAST_RELAY, show_undelivered)
    await relay.run_once()
    (alarm,) = await alarms(database)
    assert (alarm.kind, alarm.subject, alarm.tenant_id) == (
        "event_refused",
        "ingest:shop.documents.v1",
        TENANT,
    )
    assert alarm.evidence["error"] == "too large"
    assert await undelivered(database)
    transport.takes = True
    async with running(relay):
        await eventually(lambda: is_out(database))
    assert [alarm.closed_at is None for alarm in await alarms(database)] == [False]
    assert not await undelivered(database)


async def add_document(db: Database, event: DocumentIssued) -> None:
    """The document as ingest keeps it."""
    async with db.sessions.of_all_tenants() as session:
        now = await database_time(db)
        session.add(
            DocumentRow(
                document_id=event.document_id,
                tenant_id=TENANT,
                connection_id=CONNECTION,
                order_id=event.order_id,
                order_number="1",
                type=DocumentType.INVOICE.value,
                number=event.number,
                issued_on=event.document.issued_on,
                gross_minor=1,
                currency="EUR",
                content_hash="x",
                lane="live",
                file_state="pending",
                seen_at=now,
                created_at=now,
            )
        )


async def undelivered(db: Database) -> bool:
    """Whether the document says that its event does not go out."""
    async with db.reading.of_all_tenants() as session:
        return await session.scalar(select(DocumentRow.undelivered_at)) is not None


async def is_out(db: Database) -> bool:
    """Whether the row is sent."""
    return all(row.sent_at for row in await outbox_rows(db))


async def alarms(db: Database) -> list[AlarmRow]:
    """Every alarm."""
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow))).all())
