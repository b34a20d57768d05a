"""Once a day each merchant's books are looked through for documents that stand there twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.backoff import Backoff
from common.db.alarms import Alarm
from common.db.dialect import db_now, insert
from common.db.doubles import Said, report_double, said_of
from common.db.due import DueRows
from common.db.due_loop import DueLoop, Pace, Turn, TurnResult
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.core import ConnectionRow
from common.db.models.doubles import DuplicateLookRow, VoucherMarkerRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import ConnectionKind, ConnectionState, SaidOfDouble
from common.effects.sql_numbers import effects_of_markers
from common.errors import ConnectorError
from common.http.errors import NotFound
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from invoice_writer.duplicates.finding import (
    Double,
    UnboundVoucher,
    bound_doubles,
    unbound_candidates,
    unbound_doubles,
)
from invoice_writer.duplicates.repairing import stand_aside
from invoice_writer.keys import marker_in

log = structlog.get_logger(__name__)

DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3_600.0
LEASE_SECONDS = 900.0  # so long rests the look of a process that died, and one that met trouble of our own
READ_AT_ONCE = 200  # vouchers of one look whose marker nobody read yet; the others are read by the next
LOOKS = table(DuplicateLookRow)
IN_USE = and_(ConnectionRow.kind == ConnectionKind.BOOKS, ConnectionRow.state == ConnectionState.ACTIVE)


@dataclass(frozen=True, slots=True)
class _Books:
    tenant_id: UUID
    connection_id: UUID


def _books(row: Row[Any]) -> _Books:
    return _Books(row.tenant_id, row.connection_id)


# While somebody looks, the moment of the next look is the end of his lease.
DUE_LOOKS = DueRows(
    table=LOOKS,
    key=(LOOKS.c.tenant_id, LOOKS.c.connection_id),
    read=_books,
    lease_token=LOOKS.c.lease_token,
    lease_until=LOOKS.c.claimed_until,
    due_at=LOOKS.c.claimed_until,
    only=exists().where(ConnectionRow.connection_id == LOOKS.c.connection_id, IN_USE),
)


class DuplicateWatch:
    """Finds doubles, whoever and whatever made them, and tells the merchant of each with its vouchers."""

    name = "duplicates"

    def __init__(self, db: Database, clients: LexwareClients, every_seconds: float) -> None:
        self._db, self._clients = db, clients
        pace = Pace(1, LEASE_SECONDS, every_seconds, Backoff(LEASE_SECONDS, LEASE_SECONDS))
        self._loop = DueLoop(db, self.name, DUE_LOOKS, self._look, pace, each_look=self._add_new_books)

    async def run(self, stop: asyncio.Event) -> None:
        """Look through whatever books are due until told to stop."""
        await self._loop.run(stop)

    async def run_once(self) -> bool:
        """Look through the books that are due for longest. Returns False when none are."""
        return await self._loop.run_once() > 0

    async def _add_new_books(self) -> None:
        """Have books that nobody looked through yet looked through soon."""
        async with self._db.reading.of_queues() as session:
            rows = (await session.execute(_new_books())).all()
        for row in rows:
            async with self._db.sessions.of(row.tenant_id) as session:
                adding = insert(session, LOOKS).values(
                    tenant_id=row.tenant_id, connection_id=row.connection_id, claimed_until=db_now()
                )
                soon = adding.on_conflict_do_update(
                    index_elements=["connection_id"],
                    set_={"claimed_until": db_now()},
                    where=LOOKS.c.claimed_until.is_(None),
                )
                await session.execute(soon)

    async def _look(self, turn: Turn[_Books]) -> TurnResult:
        """Read what nobody knows yet and report what stands twice. Returns when to look again."""
        books = turn.state
        async with self._db.reading.of(books.tenant_id) as session:
            organization_id = await _organization(session, books)
        try:
            client = await self._clients.for_connection(books.tenant_id, books.connection_id)
            is_all_read = await self._read_markers(books, organization_id, client)
        except ConnectorError as trouble:
            log.warning("duplicates.books_unreadable", tenant_id=str(books.tenant_id), error=trouble.code)
            is_all_read = False
        again_in = DAY_SECONDS if is_all_read else HOUR_SECONDS
        return TurnResult(again_in, {"looked_at": db_now()}, partial(_report, books, organization_id))

    async def _read_markers(self, books: _Books, organization_id: str, client: LexwareClient) -> bool:
        """Read the vouchers nobody knows. Returns False while some are left."""
        async with self._db.reading.of_all_tenants() as session:
            found = await unbound_candidates(session, books.connection_id, organization_id)
        unread = [voucher for voucher in found if not voucher.is_read]
        for voucher in unread[:READ_AT_ONCE]:
            try:
                marker = marker_in((await client.vouchers.get(voucher.voucher_id)).remark)
            except NotFound:
                marker = None
            async with self._db.sessions.of(books.tenant_id) as session:
                await _keep_marker(session, books, voucher, marker)
        return len(unread) <= READ_AT_ONCE


def _new_books() -> Select[Any]:
    known = LOOKS.c.connection_id == ConnectionRow.connection_id
    return (
        select(ConnectionRow.tenant_id, ConnectionRow.connection_id)
        .outerjoin(LOOKS, known)
        .where(IN_USE, or_(LOOKS.c.connection_id.is_(None), LOOKS.c.claimed_until.is_(None)))
        .order_by(ConnectionRow.connection_id)
    )


async def _organization(session: AsyncSession, books: _Books) -> str:
    query = select(ConnectionRow.address).where(
        ConnectionRow.tenant_id == books.tenant_id, ConnectionRow.connection_id == books.connection_id
    )
    return str((await session.execute(query)).scalar_one())


async def _keep_marker(
    session: AsyncSession, books: _Books, voucher: UnboundVoucher, marker: str | None
) -> None:
    values = {"marker": marker, "as_of": voucher.updated_at}
    adding = insert(session, VoucherMarkerRow).values(
        tenant_id=books.tenant_id, connection_id=books.connection_id, voucher_id=voucher.voucher_id, **values
    )
    keys = ["connection_id", "voucher_id"]
    await session.execute(adding.on_conflict_do_update(index_elements=keys, set_=values))


async def _report(books: _Books, organization_id: str, session: AsyncSession) -> None:
    """Tell of each document that stands twice."""
    found = await unbound_candidates(session, books.connection_id, organization_id)
    markers = {voucher.voucher_id: voucher.marker for voucher in found if voucher.marker is not None}
    known = await effects_of_markers(session, sorted(set(markers.values())))
    doubles = [
        *await bound_doubles(session, books.tenant_id, organization_id),
        *unbound_doubles(books.tenant_id, markers, known),
    ]
    for double in doubles:
        await _tell(session, books.tenant_id, double)


async def _tell(session: AsyncSession, tenant_id: UUID, double: Double) -> None:
    """Open the alarm, unless a person said that all of them are right or deleted what was too many."""
    said = await said_of(session, double.vouchers)
    deleted = {one.voucher_id for one in said if one.said == SaidOfDouble.DELETED}
    left = set(double.vouchers) - deleted
    if deleted and double.keep is not None and double.keep in left:
        await stand_aside(session, tenant_id, double.keep, deleted & set(double.vouchers))
    if (deleted and len(left) <= 1) or _are_seen(double, said):
        return
    alarm = Alarm(AlarmKind.DUPLICATE, double.subject, double.evidence(), tenant_id)
    await report_double(session, alarm, double.vouchers)


def _are_seen(double: Double, said: Sequence[Said]) -> bool:
    seen: dict[str, set[str]] = {}
    for one in said:
        if one.said == SaidOfDouble.SEEN:
            seen.setdefault(one.subject, set()).add(one.voucher_id)
    return any(set(double.vouchers) <= together for together in seen.values())
