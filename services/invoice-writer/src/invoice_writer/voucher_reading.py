"""Reads the voucherlist into the index, mostly one process at a time; each page is kept with its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.books import VoucherIndexRow, VoucherIndexStateRow
from common.errors import ConnectorError
from common.lexware.client import LexwareClient
from common.lexware.voucherlist import PAGE_SIZE, WINDOW_LIMIT
from common.lexware.wire import VoucherListPage, VoucherListRow

VOUCHER_TYPES = ("salesinvoice", "salescreditnote")
REFRESH_AFTER = timedelta(minutes=15)
OVERLAP = timedelta(days=1)
AHEAD = timedelta(days=366)  # vouchers may be dated in the future
CLAIM_SECONDS = 10.0  # mostly longer than the wait for one page; two readings at once do no harm
BEGIN_ANEW = timedelta(hours=1)  # the pages of a reading that was interrupted so long have moved
DAY = timedelta(days=1)
STATE = cast(Table, VoucherIndexStateRow.__table__)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reading since a date came: all after `end` is kept, and of this window all before `page`."""

    since: date
    start: date
    end: date
    page: int = 0

    def after(self, read: VoucherListPage) -> "Place | None":
        """Where to go on; None at the end. A window as large as the list shows is read in halves."""
        if self.page == 0 and read.total_elements >= WINDOW_LIMIT and self.start < self.end:
            return replace(self, start=self.start + (self.end - self.start) // 2 + DAY)
        if not read.last and read.content and (self.page + 1) * PAGE_SIZE < WINDOW_LIMIT:
            return replace(self, page=self.page + 1)
        if self.start > self.since:
            return Place(self.since, start=self.since, end=self.start - DAY)
        return None


def is_due(state: Row[Any], since: date, now: datetime) -> bool:
    """Whether the index has to be read, wholly or what changed, before it can be believed."""
    return _is_to_fill(state, since) or state.refreshed_at is None or now - state.refreshed_at > REFRESH_AFTER


class IndexReading:
    """One process' look at the vouchers of one connection."""

    def __init__(self, db: Database, tenant_id: UUID, connection_id: UUID, client: LexwareClient) -> None:
        self._db, self._client = db, client
        self._tenant_id, self._connection_id = tenant_id, connection_id
        self._mine = (STATE.c.tenant_id == tenant_id, STATE.c.connection_id == connection_id)

    async def state(self) -> tuple[Row[Any], datetime]:
        """The index as it stands, and the database's clock."""
        now = select(db_now().label("now")).subquery()
        columns = (STATE.c.filled_from, STATE.c.refreshed_at)
        mine = self._mine[0] & self._mine[1]
        query = select(now.c.now, *columns).select_from(now).outerjoin(STATE, mine)
        async with self._db.reading.begin() as session:
            state = (await session.execute(query)).one()
        return state, state.now

    async def run(self, since: date) -> bool:
        """Read what is due, beginning where the last reading was interrupted; False while another reads."""
        claimed = await self._claim()
        if claimed is None:
            return False
        try:
            if _is_to_fill(claimed, since):
                await self._fill(claimed, since)
            elif is_due(claimed, since, claimed.now):
                await self._refresh(claimed)
            else:
                await self._give_back()
        except ConnectorError:
            await self._give_back()
            raise
        return True

    async def _claim(self) -> Row[Any] | None:
        fresh = {"tenant_id": self._tenant_id, "connection_id": self._connection_id}
        is_free = or_(STATE.c.claimed_until.is_(None), STATE.c.claimed_until < db_now())
        claiming = update(STATE).where(*self._mine, is_free).values(claimed_until=db_now(CLAIM_SECONDS))
        async with self._db.sessions.begin() as session:
            row = insert(session, STATE).values(**fresh)
            await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))
            if (await session.execute(claiming.returning(STATE.c.connection_id))).one_or_none() is None:
                return None
            query = select(STATE, db_now().label("now")).where(*self._mine)
            return (await session.execute(query)).one()

    async def _fill(self, claimed: Row[Any], since: date) -> None:
        started_at, begin = _begin(claimed, since)
        place: Place | None = begin
        while place is not None:
            page = await self._client.voucherlist.dated(
                VOUCHER_TYPES, place.start, place.end, page=place.page
            )
            place = place.after(page)
            values = _done(begin.since, started_at) if place is None else _under_way(started_at, place)
            await self._keep(page.content, values)

    async def _refresh(self, claimed: Row[Any]) -> None:
        rows = await self._client.voucherlist.changed_since(
            VOUCHER_TYPES, (claimed.refreshed_at - OVERLAP).date()
        )
        await self._keep(rows, _done(claimed.filled_from, claimed.now))

    async def _keep(self, rows: Sequence[VoucherListRow], values: dict[str, Any]) -> None:
        async with self._db.sessions.begin() as session:
            for row in rows:
                await _upsert(session, self._tenant_id, self._connection_id, row)
            await session.execute(update(STATE).where(*self._mine).values(**values))

    async def _give_back(self) -> None:
        async with self._db.sessions.begin() as session:
            await session.execute(update(STATE).where(*self._mine).values(claimed_until=None))


def _is_to_fill(state: Row[Any], since: date) -> bool:
    return state.filled_from is None or since < state.filled_from


def _begin(claimed: Row[Any], since: date) -> tuple[datetime, Place]:
    """When the reading under way began, and where to go on with it; a new one if it will not do."""
    is_usable = (
        claimed.started_at is not None
        and claimed.now - claimed.started_at < BEGIN_ANEW
        and claimed.reading_from <= since
    )
    if not is_usable:
        return claimed.now, Place(since, start=since, end=claimed.now.date() + AHEAD)
    place = Place(claimed.reading_from, claimed.window_from, claimed.window_to, claimed.next_page)
    return claimed.started_at, place


def _under_way(started_at: datetime, place: Place) -> dict[str, Any]:
    return {
        "started_at": started_at,
        "reading_from": place.since,
        "window_from": place.start,
        "window_to": place.end,
        "next_page": place.page,
        "claimed_until": db_now(CLAIM_SECONDS),
    }


def _done(filled_from: date, refreshed_at: datetime) -> dict[str, Any]:
    return {
        "filled_from": filled_from,
        "refreshed_at": refreshed_at,
        "started_at": None,
        "claimed_until": None,
    }


async def _upsert(session: AsyncSession, tenant_id: UUID, connection_id: UUID, row: VoucherListRow) -> None:
    values = {
        "type": row.voucher_type,
        "status": row.voucher_status,
        "number": row.voucher_number.strip(),
        "voucher_on": row.voucher_on,
        "gross_minor": row.total.minor,
        "updated_at": row.updated_date,
    }
    statement = insert(session, VoucherIndexRow).values(
        tenant_id=tenant_id, connection_id=connection_id, voucher_id=row.id, **values
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["connection_id", "voucher_id"], set_=values)
    )
