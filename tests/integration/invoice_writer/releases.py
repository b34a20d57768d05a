"""Parked documents without their stories, and what puts them back in line."""

from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.line import InboxRow
from common.domain.documents import DocumentType, document_id
from common.domain.rates import table_version
from common.domain.reasons import Reason
from common.events.commands import ReleaseParked, RetryDocument
from factories.documents import make_invoice
from integration.invoice_writer.harness import Harness
from invoice_writer import releasing
from invoice_writer.recheck import Rechecker


def release(writer: Harness, **about: Any) -> ReleaseParked:
    values = {"tenant_id": writer.tenant_id, "connection_id": writer.books_id, "command_id": uuid4()}
    return ReleaseParked.model_validate(values | about)


async def park(
    writer: Harness,
    *reasons: Reason,
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
    async with writer.db.sessions.begin() as session:
        for row in rows:
            await session.execute(insert(OutcomeRow).values(**row))


async def in_line(writer: Harness) -> list[RetryDocument]:
    """The retries in the writer's inbox, in the order they came."""
    query = select(InboxRow.payload).where(InboxRow.type == RetryDocument.type).order_by(InboxRow.inbox_id)
    async with writer.db.reading.begin() as session:
        return [RetryDocument.model_validate_json(payload or b"") for payload in await session.scalars(query)]


async def numbers(writer: Harness) -> set[str]:
    return {command.number for command in await in_line(writer)}


async def carry_out(writer: Harness, command: ReleaseParked) -> int:
    async with writer.db.sessions.begin() as session:
        return await releasing.release(session, command)


async def look(writer: Harness) -> int:
    return await Rechecker(writer.db, lambda: None, 1).look()
