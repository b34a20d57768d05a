"""Parked documents without their stories, and what puts them back in line."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update

from common.db.dialect import db_now
from common.db.models.base import table
from common.db.models.books import OutcomeRow, ReleasedDocumentRow, ReleasePortionRow
from common.db.models.line import InboxRow
from common.domain.amounts import table_version
from common.domain.documents import DocumentType, document_id
from common.domain.reasons import DocumentReason
from common.domain.stored_words import MessageState
from common.events.commands import ReleaseParked, RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.finish import close, free_keys
from factories.documents import make_invoice, make_order
from integration.invoice_writer.harness import Writer
from invoice_writer.rechecking import Rechecker
from invoice_writer.released import Portions, requeueing


def release(writer: Writer, **about: Any) -> ReleaseParked:
    values = {"tenant_id": writer.tenant_id, "connection_id": writer.books_id, "command_id": uuid4()}
    return ReleaseParked.model_validate(values | about)


async def park(
    writer: Writer,
    *reasons: DocumentReason,
    status: str = "parked",
    copies: int = 1,
    over: dict[str, Any] | None = None,
) -> None:
    """A document per reason, each of an order of its own and named after the reason."""
    event = await writer.event(make_invoice())
    rows = []
    for reason in reasons:
        for copy in range(copies):
            number = reason.value if copies == 1 else f"{reason.value}-{copy}"
            row = {
                "document_id": document_id(writer.shop_id, DocumentType.CREDIT_NOTE, number),
                "tenant_id": writer.tenant_id,
                "connection_id": writer.shop_id,
                "order_id": f"order {number}",
                "type": "credit_note",
                "number": number,
                "issued_on": event.document.issued_on,
                "status": status,
                "reason": reason.value,
                "file_status": "pending",
                "evidence": {"rate_table": table_version()},
                "first_seen_at": db_now(-60.0),
                "changed_at": db_now(-60.0),
                "revision": 1,
            }
            rows.append(row | (over or {}))
    async with writer.db.sessions.of_all_tenants() as session:
        for row in rows:
            await session.execute(insert(OutcomeRow).values(**row))


def in_order(count: int) -> list[str]:
    """The numbers of so many documents, the one seen first before the others."""
    return [f"W-{place:05}" for place in range(count)]


async def park_many(
    writer: Writer, count: int, reason: DocumentReason = DocumentReason.TRANSFER_PAUSED
) -> None:
    """Documents as they were received, all parked, straight into the table."""
    invoice, order = make_invoice(number="NUMBER"), make_order(order_id="ORDER", order_number="ORDER")
    event = await writer.event(invoice, order, pdf=None)
    payload, now = event.model_dump_json(), datetime.now(UTC)
    same = {
        "tenant_id": writer.tenant_id,
        "connection_id": writer.shop_id,
        "type": "invoice",
        "issued_on": invoice.issued_on,
        "gross_minor": invoice.gross_total.minor,
        "status": "parked",
        "reason": reason.value,
        "file_status": "pending",
        "event_type": event.type,
        "changed_at": now - timedelta(minutes=1),
        "revision": 1,
    }
    numbers = in_order(count)
    rows = [
        {
            **same,
            "document_id": document_id(writer.shop_id, DocumentType.INVOICE, number),
            "order_id": f"G-{number}",
            "number": number,
            "event": payload.replace("NUMBER", number).replace("ORDER", f"G-{number}").encode(),
            "first_seen_at": now - timedelta(days=1) + timedelta(seconds=place),
        }
        for place, number in enumerate(numbers)
    ]
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(insert(table(OutcomeRow)), rows)


async def waiting_marks(writer: Writer) -> int:
    """How many documents wait for their portion."""
    query = select(func.count()).where(
        ReleasedDocumentRow.tenant_id == writer.tenant_id, ReleasedDocumentRow.event_id.is_(None)
    )
    async with writer.db.reading.of_all_tenants() as session:
        return await session.scalar(query) or 0


async def use_up(writer: Writer, most: int | None = None) -> None:
    """The oldest messages in line are done, as if a worker had done them."""
    query = select(InboxRow.inbox_id, InboxRow.ordering_key).where(InboxRow.done_at.is_(None))
    async with writer.db.sessions.of_all_tenants() as session:
        rows = (await session.execute(query.order_by(InboxRow.inbox_id).limit(most))).all()
        await close(session, [row.inbox_id for row in rows], MessageState.DONE)
        await free_keys(session, INVOICE_WRITER, {row.ordering_key for row in rows})


async def minute_passes(writer: Writer) -> None:
    """A minute has gone by since the portion in line began."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(ReleasePortionRow).values(began_at=db_now(-61.0)))


async def in_line(writer: Writer) -> list[RetryDocument]:
    """The retries in the writer's inbox, in the order they came."""
    query = select(InboxRow.payload).where(InboxRow.type == RetryDocument.type).order_by(InboxRow.inbox_id)
    async with writer.db.reading.of_all_tenants() as session:
        return [RetryDocument.model_validate_json(payload or b"") for payload in await session.scalars(query)]


async def numbers(writer: Writer) -> set[str]:
    return {command.number for command in await in_line(writer)}


async def carry_out(writer: Writer, command: ReleaseParked, rate: float = 1.5) -> int:
    """How many documents it releases; those whose turn it is are in line then."""
    async with writer.db.sessions.of_all_tenants() as session:
        marked = await requeueing.release(session, command)
    await portions(writer, rate)
    return marked


async def look(writer: Writer) -> int:
    """How many documents the re-check finds; those whose turn it is are in line then."""
    found = await Rechecker(writer.db, lambda: None, 1).run_once()
    await portions(writer)
    return found


async def portions(writer: Writer, rate: float = 1.5) -> int:
    """Look once for what may be put in line on a connection of this rate; how many marks that used."""
    return await Portions(writer.db, lambda: None, rate).run_once()
