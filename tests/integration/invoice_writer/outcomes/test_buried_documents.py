"""A document whose message no inbox can hold is seen, and goes on by the command for dead letters."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow
from common.events.commands import ReplayInvoiceWriterDeadLetter
from common.inbox.accept import accept
from common.transport.base import Incoming, Outgoing
from common.transport.large import put_aside
from common.transport.local import LocalTransport
from factories.documents import make_address, make_invoice, make_order
from integration.invoice_writer.harness import Writer
from invoice_writer.app import build

LARGE = "Wand " * 60_000


async def picky(session: AsyncSession, consumer: str, messages: Sequence[Incoming]) -> int:
    """An inbox of a release with a fault: it cannot keep what is said of documents."""
    if consumer == "invoice-writer" and any("dead-letter" not in message.type for message in messages):
        raise ValueError("a fault of ours")
    return await accept(session, consumer, messages)


async def bury(writer: Writer, incoming: Incoming) -> None:
    """The message comes over the transport of a writer whose inbox cannot hold it."""
    transport = LocalTransport(writer.db, picky)
    build(writer.settings(), writer.db, transport, writer.network)
    fields = {name: getattr(incoming, name) for name in ("event_id", "type", "tenant_id", "ordering_key")}
    row = Outgoing(
        outbox_id=1,
        topic="shop.documents.v1",
        lane=incoming.lane,
        payload=incoming.payload,
        headers=incoming.headers,
        **fields,
    )
    await transport.publish([row])


async def replay(writer: Writer) -> None:
    """An operator replays the only dead letter."""
    async with writer.db.reading.of_all_tenants() as session:
        letter: UUID | None = await session.scalar(
            select(DeadLetterRow.dead_letter_id).where(DeadLetterRow.state == "kept")
        )
    assert letter is not None
    ids: dict[str, Any] = {"connection_id": UUID(int=0), "command_id": uuid4()}
    await writer.work(ReplayInvoiceWriterDeadLetter(tenant_id=writer.tenant_id, dead_letter_id=letter, **ids))


async def alarms(writer: Writer) -> list[tuple[str, bool]]:
    """Every alarm, and whether it is open."""
    async with writer.db.reading.of_all_tenants() as session:
        rows = (await session.scalars(select(AlarmRow))).all()
    return [(row.kind, row.closed_at is None) for row in rows]


async def test_r4_a_document_whose_message_was_buried_is_parked_and_booked_by_the_replay(
    writer: Writer,
) -> None:
    event = await writer.event(make_invoice())
    await bury(writer, Incoming.of(event))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", "internal_error")
    assert outcome.params == {"error": "ValueError"}
    assert await alarms(writer) == [("message_buried", True)]
    await replay(writer)
    assert (await writer.outcome(event.document)).status == "booked"
    assert await alarms(writer) == [("message_buried", False)]
    assert len(await writer.vouchers()) == 1


async def test_r4_a_large_document_in_the_archive_is_parked_as_well(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    message = Incoming.of(event)
    padded = message.payload[:-1] + b', "later_field": "' + LARGE.encode() + b'"}'
    async with writer.db.sessions.of_all_tenants() as session:
        payload, headers = await put_aside(session, writer.tenant_id, padded, message.headers)
    assert len(payload) < 1000
    fields = {name: getattr(message, name) for name in ("event_id", "type", "tenant_id", "ordering_key")}
    await bury(writer, Incoming(lane=message.lane, payload=payload, headers=headers, **fields))
    assert (await writer.outcome(event.document)).reason == "internal_error"
    await replay(writer)
    assert (await writer.outcome(event.document)).status == "booked"


async def test_r4_a_command_of_a_person_that_was_buried_shows_at_its_document(writer: Writer) -> None:
    abroad = make_address(country="AT", zip_code="1010", city="Wien")
    event = await writer.event(make_invoice(address=abroad), make_order(billing_address=abroad))
    await writer.work(event)
    before = await writer.outcome(event.document)
    assert (before.status, before.reason == "internal_error") == ("parked", False)
    await bury(writer, Incoming.of(writer.retry(event)))
    assert (await writer.outcome(event.document)).reason == "internal_error"
    await replay(writer)
    assert (await writer.outcome(event.document)).reason == before.reason
