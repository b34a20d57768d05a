"""A local copy of the books' customers: a known one is found without a request."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, or_, select, update

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import ContactIndexStateRow
from common.errors import ConnectorError, TransientError
from common.lexware.client import LexwareClient
from common.lexware.contact_wire import Contact
from common.lexware.rows import Page, Unfit
from common.lexware.voucherlist import PAGE_SIZE, WINDOW_LIMIT
from invoice_writer.contacts.rows import ContactRows
from invoice_writer.lists import BooksList, Place, Readings, note_unfit

log = structlog.get_logger(__name__)

REMEMBER_SECONDS = 60.0
CLAIM_SECONDS = 120.0  # longer than the wait for one page
BEGIN_ANEW = timedelta(hours=1)  # the pages of a reading that was interrupted so long have moved
STATE = table(ContactIndexStateRow)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What this process knows of an index, and until when it need not look again."""

    until: float
    complete: bool


class ContactIndex:
    """Filled in pages of 250 once in a while, because the list has no filter for changes.

    Lexware shows 10,000 contacts at most. Beyond, the index holds those it was shown once and those that were
    searched for or made; it is then not complete, and later looks only see whether that changed.
    """

    def __init__(
        self,
        db: Database,
        readings: Readings,
        refill_after: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._readings, self._refill_after, self._clock = db, readings, refill_after, clock
        self._known: dict[UUID, Remembered] = {}
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure_filled(self, tenant_id: UUID, connection_id: UUID, client: LexwareClient) -> bool | None:
        """Whether the index holds every customer; None while somebody else reads them the first time.

        While somebody refreshes an index, the others go on with it as it was. Nobody waits here for others.
        Raises `BooksUnreadable` when the list cannot be read the first time.
        """
        known, lock = self._known.get(connection_id), self._locks[connection_id]
        if known is not None and self._clock() < known.until:
            return known.complete
        if lock.locked():
            return None if known is None else known.complete
        async with lock:
            return await Filling(self._db, self._readings, tenant_id, connection_id, client).run(
                self._refill_after, lambda complete, left: self._remember(connection_id, complete, left)
            )

    def _remember(self, connection_id: UUID, complete: bool, left: timedelta) -> bool:
        seconds = min(max(left.total_seconds(), 0.0), REMEMBER_SECONDS)
        self._known[connection_id] = Remembered(self._clock() + seconds, complete)
        return complete


Remember = Callable[[bool, timedelta], bool]


class Filling:
    """One look at the state of an index, and the reading that follows when it is due."""

    def __init__(
        self,
        db: Database,
        readings: Readings,
        tenant_id: UUID,
        connection_id: UUID,
        client: LexwareClient,
    ) -> None:
        self._db, self._readings, self._client = db, readings, client
        self._tenant_id, self._connection_id = tenant_id, connection_id
        self._place = Place(tenant_id, connection_id, BooksList.CONTACTS)
        self._mine = (STATE.c.tenant_id == tenant_id, STATE.c.connection_id == connection_id)

    async def run(self, refill_after: timedelta, remember: Remember) -> bool | None:
        """Whether the index is complete now; None when others are at its first reading."""
        state, now = await self._state()
        left = timedelta()
        if state is not None and state.filled_at is not None:
            left = refill_after - (now - state.filled_at)
            if left > timedelta():
                return remember(state.complete, left)
        before = None if state is None or state.filled_at is None else state
        claimed = await self._claim(now)
        if claimed is None:
            return None if before is None else bool(before.complete)
        try:
            async with self._readings.of(self._place):
                complete = await self._read(claimed, before)
        except ConnectorError as trouble:
            await self._give_back()
            if before is None or not isinstance(trouble, TransientError):
                raise
            log.info("contacts.refill_put_off", tenant_id=str(self._tenant_id), error=trouble.code)
            return remember(bool(before.complete), timedelta(seconds=REMEMBER_SECONDS / 2))
        return remember(complete, refill_after)

    async def _state(self) -> tuple[Row[Any] | None, datetime]:
        async with self._db.reading.begin() as session:
            state = (await session.execute(select(STATE).where(*self._mine))).one_or_none()
            now = (await session.execute(select(db_now()))).scalar_one()
        return state, now

    async def _claim(self, now: datetime) -> Row[Any] | None:
        """The state with the reading to go on with; None while somebody else reads."""
        fresh = {"tenant_id": self._tenant_id, "connection_id": self._connection_id}
        is_free = or_(STATE.c.claimed_until.is_(None), STATE.c.claimed_until < db_now())
        is_old = or_(STATE.c.started_at.is_(None), STATE.c.started_at < now - BEGIN_ANEW)
        claiming = update(STATE).where(*self._mine, is_free).values(claimed_until=db_now(CLAIM_SECONDS))
        async with self._db.sessions.begin() as session:
            row = insert(session, STATE).values(**fresh)
            await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))
            if (await session.execute(claiming.returning(STATE.c.connection_id))).one_or_none() is None:
                return None
            beginning = update(STATE).where(*self._mine, is_old)
            await session.execute(beginning.values(started_at=now, next_page=0))
            return (await session.execute(select(STATE).where(*self._mine))).one()

    async def _read(self, claimed: Row[Any], before: Row[Any] | None) -> bool:
        """Read page after page, each kept with how far that is."""
        number, is_last = claimed.next_page, False
        unfit: list[Unfit] = []
        while not is_last:
            page = await self._client.contacts.customers(number)
            unfit += page.rows.unfit
            number += 1
            is_end = number * PAGE_SIZE >= WINDOW_LIMIT
            beyond = (page.total or 0) >= WINDOW_LIMIT or (is_end and not page.last)
            is_last = page.last or is_end or (beyond and before is not None and not before.complete)
            await self._keep(page, number)
        is_all = claimed.next_page == 0 and not beyond
        await self._finish(claimed.started_at, not beyond, before, unfit if is_all else None)
        return not beyond

    async def _keep(self, page: Page[Contact], number: int) -> None:
        async with self._db.sessions.begin() as session:
            rows = ContactRows(session, self._tenant_id, self._connection_id)
            await rows.store(page.content)
            await rows.touch([row.key for row in page.rows.unfit if row.is_lost])
            await note_unfit(session, self._place, [one.id for one in page.content], page.rows.unfit)
            await session.execute(
                update(STATE).where(*self._mine).values(next_page=number, claimed_until=db_now(CLAIM_SECONDS))
            )

    async def _finish(
        self,
        started_at: datetime,
        complete: bool,
        before: Row[Any] | None,
        unfit: Sequence[Unfit] | None,
    ) -> None:
        """What two whole readings did not show is gone: one may miss it because the pages moved.

        `unfit`: all that did not fit, where one look read the whole list; of others nothing is told any more.
        """
        async with self._db.sessions.begin() as session:
            if unfit is not None:
                await note_unfit(session, self._place, (), unfit, is_all=True)
            if complete and before is not None and before.complete:
                rows = ContactRows(session, self._tenant_id, self._connection_id)
                await rows.mark_unseen(before.filled_at)
            done = {"filled_at": started_at, "complete": complete, "started_at": None, "next_page": 0}
            await session.execute(update(STATE).where(*self._mine).values(**done, claimed_until=None))

    async def _give_back(self) -> None:
        async with self._db.sessions.begin() as session:
            await session.execute(update(STATE).where(*self._mine).values(claimed_until=None))
