"""Reads the voucherlist into the index, mostly one process at a time; each page is kept with its place."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import VoucherIndexStateRow
from common.domain.alarms import AlarmKind
from common.errors import ConnectorError
from common.lexware.client import LexwareClient
from common.lexware.voucherlist import VoucherFilter
from invoice_writer.lists import (
    CHANGES,
    FILL,
    BooksList,
    Place,
    Plan,
    Readings,
    keep_page,
    part_to_json,
    parts_from_json,
)

REFRESH_AFTER = timedelta(minutes=15)
OVERLAP = timedelta(days=1)
CLAIM_SECONDS = 10.0  # mostly longer than the wait for one page; two readings at once do no harm
BEGIN_ANEW = timedelta(hours=1)  # the pages of a reading that was interrupted so long have moved
STATE = table(VoucherIndexStateRow)


def part_alarm(tenant_id: UUID, connection_id: UUID, part: VoucherFilter) -> Alarm:
    """The alarm that a part of the list is longer than the list shows."""
    said = "&".join(f"{name}={value}" for name, value in part.params().items())
    evidence = {"connection_id": str(connection_id), **part_to_json(part)}
    return Alarm(AlarmKind.BOOKS_PART_TOO_LONG, f"{connection_id}:{said}", evidence, tenant_id)


def is_due(state: Row[Any], since: date, now: datetime) -> bool:
    """Whether the index has to be read, wholly or what changed, before it can be believed."""
    return _is_to_fill(state, since) or state.refreshed_at is None or now - state.refreshed_at > REFRESH_AFTER


class IndexReading:
    """One process' look at the vouchers of one connection."""

    def __init__(
        self,
        db: Database,
        readings: Readings,
        tenant_id: UUID,
        connection_id: UUID,
        client: LexwareClient,
    ) -> None:
        self._db, self._client, self._readings = db, client, readings
        self._tenant_id, self._connection_id = tenant_id, connection_id
        self._place = Place(tenant_id, connection_id, BooksList.VOUCHERS)
        self._mine = (STATE.c.tenant_id == tenant_id, STATE.c.connection_id == connection_id)

    async def state(self) -> tuple[Row[Any], datetime]:
        """The index as it stands, and the database's clock."""
        now = select(db_now().label("now")).subquery()
        columns = (STATE.c.filled_from, STATE.c.refreshed_at, STATE.c.unread)
        mine = self._mine[0] & self._mine[1]
        query = select(now.c.now, *columns).select_from(now).outerjoin(STATE, mine)
        async with self._db.reading.begin() as session:
            state = (await session.execute(query)).one()
        return state, state.now

    async def run(self, since: date) -> bool:
        """Read what is due, beginning where the last reading was interrupted; False while another reads.

        Raises `BooksUnreadable` when the list cannot be read.
        """
        async with self._readings.of(self._place) as look, self._claim() as claimed:
            look.made = claimed is not None and is_due(claimed, since, claimed.now)
            if claimed is None:
                return False
            if look.made:
                await self._read(_plan(claimed, since), claimed)
            else:
                await self._give_back()
        return True

    @asynccontextmanager
    async def _claim(self) -> AsyncIterator[Row[Any] | None]:
        """The state of the index, ours to read for a moment; None while somebody else does."""
        fresh = {"tenant_id": self._tenant_id, "connection_id": self._connection_id}
        is_free = or_(STATE.c.claimed_until.is_(None), STATE.c.claimed_until < db_now())
        claiming = update(STATE).where(*self._mine, is_free).values(claimed_until=db_now(CLAIM_SECONDS))
        claimed: Row[Any] | None = None
        async with self._db.sessions.begin() as session:
            row = insert(session, STATE).values(**fresh)
            await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))
            if (await session.execute(claiming.returning(STATE.c.connection_id))).one_or_none() is not None:
                query = select(STATE, db_now().label("now")).where(*self._mine)
                claimed = (await session.execute(query)).one()
        try:
            yield claimed
        except ConnectorError:
            await self._give_back()
            raise

    async def _read(self, plan: Plan, claimed: Row[Any]) -> None:
        while plan.parts:
            page = await self._client.voucherlist.page(plan.parts[0], plan.page)
            plan = plan.after(page)
            values = _under_way(plan) if plan.parts else _done(plan, claimed)
            async with self._db.sessions.begin() as session:
                await keep_page(session, self._place, page)
                await session.execute(update(STATE).where(*self._mine).values(**values))
                if not plan.parts:
                    await self._tell_unread(session, parts_from_json(claimed.unread), plan.unread)

    async def _tell_unread(
        self, session: AsyncSession, before: Sequence[VoucherFilter], now: Sequence[VoucherFilter]
    ) -> None:
        """Each part that is longer than the list shows has its alarm while it is."""
        kind = AlarmKind.BOOKS_PART_TOO_LONG
        for part in set(before) - set(now):
            gone = part_alarm(self._tenant_id, self._connection_id, part)
            await close_alarms(session, kind, gone.subject, tenant_id=self._tenant_id)
        for part in now:
            await raise_alarm(session, part_alarm(self._tenant_id, self._connection_id, part))

    async def _give_back(self) -> None:
        async with self._db.sessions.begin() as session:
            await session.execute(update(STATE).where(*self._mine).values(claimed_until=None))


def _is_to_fill(state: Row[Any], since: date) -> bool:
    return state.filled_from is None or since < state.filled_from


def _plan(claimed: Row[Any], since: date) -> Plan:
    """The reading to go on with; a new one if the last will not do."""
    kind = FILL if _is_to_fill(claimed, since) else CHANGES
    if claimed.plan:
        kept = Plan.from_json(claimed.plan)
        is_young = claimed.now - kept.started_at < BEGIN_ANEW
        if is_young and kept.kind == kind and kept.since <= since:
            return kept
    if kind == FILL:
        return Plan.fill(since, claimed.now)
    after = (claimed.refreshed_at - OVERLAP).date()
    return Plan.changes(claimed.filled_from, claimed.now, after, parts_from_json(claimed.unread))


def _under_way(plan: Plan) -> dict[str, Any]:
    return {"plan": plan.to_json(), "claimed_until": db_now(CLAIM_SECONDS)}


def _done(plan: Plan, claimed: Row[Any]) -> dict[str, Any]:
    """A reading is as old as its beginning; parts that could not be read are kept by name."""
    unread = [part_to_json(part) for part in plan.unread]
    is_changed = unread != (claimed.unread or [])
    return {
        "filled_from": plan.since,
        "refreshed_at": plan.started_at,
        "plan": None,
        "unread": unread,
        "claimed_until": None,
        **({"unread_changed_at": db_now()} if is_changed else {}),
        **({"whole_at": plan.started_at} if plan.kind == FILL else {}),
    }
