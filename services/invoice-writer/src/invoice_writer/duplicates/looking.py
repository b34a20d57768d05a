"""Once a day each merchant's books are looked through for documents that stand there twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm
from common.db.dialect import db_now, insert
from common.db.doubles import DELETED, SEEN, report_double, said_of
from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.models.doubles import DuplicateLookRow, VoucherMarkerRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.effects.sql_numbers import effects_of_markers
from common.errors import ConnectorError
from common.http.errors import NotFound
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from common.pausing import every
from invoice_writer.duplicates.finding import Double, bound_doubles, unbound_candidates, unbound_doubles
from invoice_writer.duplicates.repairing import stand_aside
from invoice_writer.keys import marker_in

log = structlog.get_logger(__name__)

DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3_600.0
CLAIM_SECONDS = 900.0
READ_AT_ONCE = 200  # vouchers of one look whose marker nobody read yet; the others are read by the next


@dataclass(frozen=True, slots=True)
class _Turn:
    tenant_id: UUID
    connection_id: UUID
    organization_id: str


class DuplicateWatch:
    """Finds doubles, whoever and whatever made them, and tells the merchant of each with its vouchers."""

    name = "duplicates"

    def __init__(self, db: Database, clients: LexwareClients, every_seconds: float) -> None:
        self._db, self._clients, self._every_seconds = db, clients, every_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Look at whatever is due until told to stop."""
        async for _ in every(self._every_seconds, stop):
            try:
                while not stop.is_set() and await self.look():
                    continue
            except DATABASE_TROUBLE as error:
                log.warning("duplicates.look_failed", error=describe(error))

    async def look(self) -> bool:
        """Look through the books that are due for longest; False when none are."""
        async with self._db.sessions.begin() as session:
            turn = await _claim(session)
        if turn is None:
            return False
        try:
            client = await self._clients.for_connection(turn.tenant_id, turn.connection_id)
            is_all_read = await self._read_markers(turn, client)
        except ConnectorError as trouble:
            log.warning("duplicates.books_unreadable", tenant_id=str(turn.tenant_id), error=trouble.code)
            is_all_read = False
        async with self._db.sessions.begin() as session:
            await _report(session, turn)
            await _end(session, turn, again_in=DAY_SECONDS if is_all_read else HOUR_SECONDS)
        return True

    async def _read_markers(self, turn: _Turn, client: LexwareClient) -> bool:
        """Read the vouchers nobody knows; False while some are left."""
        async with self._db.reading.begin() as session:
            found = await unbound_candidates(session, turn.connection_id, turn.organization_id)
        unread = [row for row in found if not row.is_read]
        for row in unread[:READ_AT_ONCE]:
            try:
                marker = marker_in((await client.vouchers.get(row.voucher_id)).remark)
            except NotFound:
                marker = None
            async with self._db.sessions.begin() as session:
                await _keep_marker(session, turn, row, marker)
        return len(unread) <= READ_AT_ONCE


async def _claim(session: AsyncSession) -> _Turn | None:
    """The books in use that were looked at longest ago, a day or more; nobody else has them for a while."""
    look, now = DuplicateLookRow, db_now()
    query = (
        select(ConnectionRow.tenant_id, ConnectionRow.connection_id, ConnectionRow.address)
        .outerjoin(look, look.connection_id == ConnectionRow.connection_id)
        .where(
            ConnectionRow.kind == "books",
            ConnectionRow.state == "active",
            or_(look.claimed_until.is_(None), look.claimed_until <= now),
        )
        .order_by(look.looked_at.is_not(None), look.looked_at, ConnectionRow.connection_id)
        .limit(1)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    claiming = insert(session, look).values(
        tenant_id=row.tenant_id, connection_id=row.connection_id, claimed_until=db_now(CLAIM_SECONDS)
    )
    claimed = claiming.on_conflict_do_update(
        index_elements=["connection_id"],
        set_={"claimed_until": db_now(CLAIM_SECONDS)},
        where=or_(look.claimed_until.is_(None), look.claimed_until <= now),
    )
    mine = (await session.execute(claimed.returning(look.connection_id))).one_or_none()
    return None if mine is None else _Turn(row.tenant_id, row.connection_id, row.address)


async def _end(session: AsyncSession, turn: _Turn, *, again_in: float) -> None:
    mine = update(DuplicateLookRow).where(DuplicateLookRow.connection_id == turn.connection_id)
    await session.execute(mine.values(looked_at=db_now(), claimed_until=db_now(again_in)))


async def _keep_marker(session: AsyncSession, turn: _Turn, row: Row[Any], marker: str | None) -> None:
    values = {"marker": marker, "as_of": row.updated_at}
    adding = insert(session, VoucherMarkerRow).values(
        tenant_id=turn.tenant_id, connection_id=turn.connection_id, voucher_id=row.voucher_id, **values
    )
    keys = ["connection_id", "voucher_id"]
    await session.execute(adding.on_conflict_do_update(index_elements=keys, set_=values))


async def _report(session: AsyncSession, turn: _Turn) -> None:
    rows = await unbound_candidates(session, turn.connection_id, turn.organization_id)
    markers = {row.voucher_id: row.marker for row in rows if row.marker is not None}
    known = await effects_of_markers(session, sorted(set(markers.values())))
    doubles = [
        *await bound_doubles(session, turn.tenant_id, turn.organization_id),
        *unbound_doubles(turn.tenant_id, markers, known),
    ]
    for double in doubles:
        await _tell(session, turn.tenant_id, double)


async def _tell(session: AsyncSession, tenant_id: UUID, double: Double) -> None:
    """Open the alarm, unless a person said that all of them are right or deleted what was too many."""
    said = await said_of(session, double.vouchers)
    deleted = {row.voucher_id for row in said if row.said == DELETED}
    left = set(double.vouchers) - deleted
    if deleted and double.keep is not None and double.keep in left:
        await stand_aside(session, tenant_id, double.keep, deleted & set(double.vouchers))
    if (deleted and len(left) <= 1) or _are_seen(double, said):
        return
    alarm = Alarm(AlarmKind.DUPLICATE, double.subject, double.evidence(), tenant_id)
    await report_double(session, alarm, double.vouchers)


def _are_seen(double: Double, said: Sequence[Row[Any]]) -> bool:
    seen: dict[str, set[str]] = {}
    for row in said:
        if row.said == SEEN:
            seen.setdefault(row.subject, set()).add(row.voucher_id)
    return any(set(double.vouchers) <= together for together in seen.values())
