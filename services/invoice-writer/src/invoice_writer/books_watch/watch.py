"""Follows what others do in the books: changes every quarter of an hour, everything once a night."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, and_, or_, select

from common.db.alarms import close_alarms
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import VoucherIndexStateRow
from common.db.models.core import ConnectionRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.domain.documents import BERLIN
from common.domain.stored_words import ConnectionState
from common.errors import ConnectorError
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from common.lexware.wire import Voucher
from common.pausing import every
from invoice_writer.books_watch.bound import Doubted, follow_news
from invoice_writer.books_watch.gone import VoucherLooks
from invoice_writer.books_watch.stalled import StalledLists
from invoice_writer.books_watch.whole import WholeReading
from invoice_writer.lists import Readings
from invoice_writer.vouchers import REFRESH_AFTER, VoucherIndexReader, differences

log = structlog.get_logger(__name__)

STATE, CONNECTIONS = table(VoucherIndexStateRow), table(ConnectionRow)
NIGHT = range(1, 5)  # hours in which books are read as a whole
A_DAY, LATE = timedelta(hours=20), timedelta(hours=36)  # since the last whole reading
PORTION = 200


@dataclass(frozen=True, slots=True)
class DueBooks:
    """Books in use whose changes or whose whole list are due; `is_under_way`: the latter is."""

    tenant_id: UUID
    connection_id: UUID
    organization_id: str
    filled_from: date
    refreshed_at: datetime
    whole_at: datetime | None
    is_under_way: bool
    now: datetime

    @property
    def have_news(self) -> bool:
        """Whether what changed is to be read."""
        return self.now - self.refreshed_at > REFRESH_AFTER

    @property
    def is_night(self) -> bool:
        """Whether the whole list is read now: under way, at night, or because no night came."""
        is_late = self.whole_at is not None and self.now - self.whole_at > LATE
        return self.is_under_way or is_late or self.now.astimezone(BERLIN).hour in NIGHT


class BooksWatch:
    """Looks every few seconds which books are due; any number of processes may."""

    name = "books-watch"

    def __init__(
        self,
        db: Database,
        clients: LexwareClients,
        readings: Readings,
        every_seconds: float = 5.0,
        *,
        stalled: StalledLists,
    ) -> None:
        self._db, self._clients, self._readings = db, clients, readings
        self._every_seconds, self._stalled = every_seconds, stalled

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(self._every_seconds, stop):
            try:
                await self.run_once()
            except DATABASE_TROUBLE as error:
                log.warning("books_watch.look_failed", error=describe(error))

    async def run_once(self) -> bool:
        """Do what is due now. Returns whether there is more."""
        more = False
        for books in await self._due():
            try:
                client = await self._clients.for_connection(books.tenant_id, books.connection_id)
                more |= await self._turn(books, client)
            except ConnectorError as trouble:
                log.info("books_watch.put_off", tenant_id=str(books.tenant_id), error=trouble.code)
        await self._read_stalled()
        return await self._follow() or more

    async def _read_stalled(self) -> None:
        for stalled in await self._stalled.list_due():
            ref = stalled.ref
            try:
                client = await self._clients.for_connection(ref.tenant_id, ref.connection_id)
                await self._stalled.read(stalled, client)
            except ConnectorError as trouble:
                log.info("books_watch.put_off", tenant_id=str(ref.tenant_id), error=trouble.code)

    async def _turn(self, books: DueBooks, client: LexwareClient) -> bool:
        """Read what changed, or make one step of the whole reading. Returns whether there is more."""
        parts = (self._db, self._readings, books.tenant_id, books.connection_id, client)
        if books.have_news:
            return await VoucherIndexReader(*parts).run(books.filled_from)
        return await WholeReading(*parts).step(books.organization_id)

    async def _due(self) -> Sequence[DueBooks]:
        """List books in use whose changes or whose whole list are due; the longest due first."""
        now = db_now().label("now")
        columns = (CONNECTIONS.c.address, STATE.c.filled_from, STATE.c.refreshed_at, STATE.c.whole_at)
        is_old = STATE.c.refreshed_at < db_now(-REFRESH_AFTER.total_seconds())
        whole = or_(STATE.c.whole_at.is_(None), STATE.c.whole_at < db_now(-A_DAY.total_seconds()))
        query = (
            select(STATE.c.tenant_id, STATE.c.connection_id, *columns, STATE.c.whole_plan, now)
            .join(CONNECTIONS, CONNECTIONS.c.connection_id == STATE.c.connection_id)
            .where(
                CONNECTIONS.c.tenant_id == STATE.c.tenant_id,
                CONNECTIONS.c.state == ConnectionState.ACTIVE,
                and_(STATE.c.filled_from.is_not(None), STATE.c.refreshed_at.is_not(None)),
                or_(is_old, whole),
            )
            .order_by(STATE.c.refreshed_at)
            .limit(PORTION)
        )
        async with self._db.reading.of_queues() as session:
            found = [_due_books(row) for row in await session.execute(query)]
        return [books for books in found if books.have_news or books.is_night]

    async def _follow(self) -> bool:
        """Compare the rows that changed; adopted vouchers whose tax was told to differ are read by id."""
        async with self._db.sessions.of_all_tenants() as session:
            count, doubted = await follow_news(session)
        for one in doubted:
            try:
                await self._settle(one)
            except ConnectorError as trouble:
                log.info("books_watch.put_off", tenant_id=str(one.tenant_id), error=trouble.code)
        return count > 0

    async def _settle(self, one: Doubted) -> None:
        client = await self._clients.for_connection(one.tenant_id, one.connection_id)
        looks = VoucherLooks(self._db, one.tenant_id, one.connection_id, client)
        found = await looks.look(one.voucher_id)
        if isinstance(found, Voucher) and not differences(one.decision, found):
            kind, tenant_id = AlarmKind.ADOPTED_VOUCHER_DIFFERS, one.tenant_id
            async with self._db.sessions.of(tenant_id) as session:
                await close_alarms(session, kind, one.subject, tenant_id=tenant_id)


def _due_books(row: Row[Any]) -> DueBooks:
    return DueBooks(
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        organization_id=row.address,
        filled_from=row.filled_from,
        refreshed_at=row.refreshed_at,
        whole_at=row.whole_at,
        is_under_way=bool(row.whole_plan),
        now=row.now,
    )
