"""Puts documents back in line when the time they wait for has come or their cause is gone."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Row, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.domain.documents import DocumentType
from common.domain.reasons import REASONS, Reason
from common.events.base import Lane
from common.events.commands import RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.base import Incoming
from invoice_writer.outcomes import PARKED, WAITING

ORIGINAL_REASONS = tuple(
    reason.value
    for reason in (
        Reason.ORIGINAL_MISSING,
        Reason.ORIGINAL_WAITING,
        Reason.ORIGINAL_PARKED,
        Reason.ORIGINAL_UNCLEAR,
    )
)
CONNECTION_REASONS = tuple(
    reason.value
    for reason in (
        Reason.BOOKS_NOT_CONNECTED,
        Reason.BOOKS_UNAVAILABLE,
        Reason.RECONNECT_NEEDED,
        Reason.CONNECTION_HALTED,
        Reason.ORGANIZATION_CHANGED,
        Reason.CONTRACT_PROBLEM,
        Reason.PROFILE_UNAVAILABLE,
    )
)
BATCH = 500
BY_CONNECTION = "connection"

COLUMNS = (
    OutcomeRow.document_id,
    OutcomeRow.tenant_id,
    OutcomeRow.connection_id,
    OutcomeRow.order_id,
    OutcomeRow.type,
    OutcomeRow.number,
    OutcomeRow.revision,
)


class Rechecker:
    """Looks every few seconds for documents whose waiting is over or whose invoice has moved."""

    name = "recheck"

    def __init__(self, db: Database, wake: Any, every_seconds: float) -> None:
        self._db, self._wake, self._every_seconds = db, wake, every_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            if await self.look():
                self._wake()
            try:
                await asyncio.wait_for(stop.wait(), self._every_seconds)
            except TimeoutError:
                continue

    async def look(self) -> int:
        """Put everything that is due back in line; how many documents that were."""
        async with self._db.reading.begin() as session:
            due = (await session.execute(_due())).all()
        if not due:
            return 0
        async with self._db.sessions.begin() as session:
            return await put_in_line(session, due)


async def release(session: AsyncSession, tenant_id: UUID, released_by: str) -> int:
    """Put every parked document of the tenant back in line whose reason such a change may have cured."""
    reasons = (
        CONNECTION_REASONS
        if released_by == BY_CONNECTION
        else tuple(reason.value for reason, text in REASONS.items() if text.released_by.value == released_by)
    )
    query = select(*COLUMNS).where(
        OutcomeRow.tenant_id == tenant_id, OutcomeRow.status == PARKED, OutcomeRow.reason.in_(reasons)
    )
    return await put_in_line(session, (await session.execute(query)).all())


async def put_in_line(session: AsyncSession, rows: Sequence[Row[Any]]) -> int:
    """Accept one retry per document into our own inbox; one already in line for this outcome stays one."""
    return await accept(session, INVOICE_WRITER, [_incoming(row) for row in rows])


def _due() -> Select[Any]:
    """Waiting documents whose time has come, and corrections whose invoice was decided after them."""
    invoice = aliased(OutcomeRow)
    invoice_moved = exists().where(
        invoice.connection_id == OutcomeRow.connection_id,
        invoice.order_id == OutcomeRow.order_id,
        invoice.type == DocumentType.INVOICE.value,
        invoice.changed_at > OutcomeRow.changed_at,
    )
    on_original = and_(
        OutcomeRow.status.in_((PARKED, WAITING)), OutcomeRow.reason.in_(ORIGINAL_REASONS), invoice_moved
    )
    time_has_come = and_(OutcomeRow.status == WAITING, OutcomeRow.waits_until <= db_now())
    return select(*COLUMNS).where(or_(time_has_come, on_original)).limit(BATCH)


def _incoming(row: Row[Any]) -> Incoming:
    command = RetryDocument(
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        command_id=uuid5(NAMESPACE_URL, f"recheck:{row.document_id}:{row.revision}"),
        order_id=row.order_id,
        document_type=DocumentType(row.type),
        number=row.number,
        lane=Lane.LIVE,
    )
    return Incoming.of(command)
