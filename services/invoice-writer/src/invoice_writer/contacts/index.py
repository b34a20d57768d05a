"""A local copy of the books' customers: a known one is found without a request."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from common.db.dialect import db_now, insert
from common.db.due import Lease, LeaseLost, claim, release, write
from common.db.due_loop import renewed
from common.db.engine import Database
from common.domain.ids import BooksConnectionId
from common.errors import ConnectorError, TransientError
from common.lexware.client import LexwareClient
from common.lexware.contact_wire import Contact
from common.lexware.rows import Page, Unfit
from common.lexware.voucherlist import PAGE_SIZE, WINDOW_LIMIT
from invoice_writer.contacts.rows import ContactRows
from invoice_writer.contacts.state import INDEXES, STATE, ContactIndexState
from invoice_writer.lists import BooksList, ListRef, Readings, note_all_unfit, note_unfit

log = structlog.get_logger(__name__)

REMEMBER_SECONDS = 60.0
LEASE_SECONDS = 120.0  # so long rests the reading of a process that died


@dataclass(frozen=True, slots=True)
class Remembered:
    """What this process knows of an index, and until when it need not look again."""

    until: float
    complete: bool | None


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

    async def ensure_filled(
        self, tenant_id: UUID, connection_id: BooksConnectionId, client: LexwareClient
    ) -> bool | None:
        """Fill the index when it is due. Returns whether it holds every customer.

        None while somebody else reads them the first time. While somebody refreshes an index, the others go
        on with it as it was. Nobody waits here for others. Raises `BooksUnreadable` when the list cannot be
        read the first time.
        """
        known, lock = self._known.get(connection_id), self._locks[connection_id]
        if known is not None and self._clock() < known.until:
            return known.complete
        if lock.locked():
            return None if known is None else known.complete
        async with lock:
            filling = Filling(self._db, self._readings, tenant_id, connection_id, client)
            found = await filling.run(self._refill_after)
            if found.holds_for is not None:
                self._remember(connection_id, found.complete, found.holds_for)
            return found.complete

    def _remember(self, connection_id: BooksConnectionId, complete: bool | None, left: timedelta) -> None:
        seconds = min(max(left.total_seconds(), 0.0), REMEMBER_SECONDS)
        self._known[connection_id] = Remembered(self._clock() + seconds, complete)


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether an index holds every customer (None: it is being filled), and how long that may be believed."""

    complete: bool | None
    holds_for: timedelta | None = None


class Filling:
    """One look at the state of an index, and the reading that follows when it is due."""

    def __init__(
        self,
        db: Database,
        readings: Readings,
        tenant_id: UUID,
        connection_id: BooksConnectionId,
        client: LexwareClient,
    ) -> None:
        self._db, self._readings, self._client = db, readings, client
        self._tenant_id, self._connection_id = tenant_id, connection_id
        self._list = ListRef(tenant_id, connection_id, BooksList.CONTACTS)

    async def run(self, refill_after: timedelta) -> Completeness:
        """Fill the index when it is due. Returns how it stands then; while others read it, as it was."""
        state, now = await self._state()
        left = state.left(refill_after, now)
        if left > timedelta():
            return Completeness(state.complete, left)
        lease = await self._claim()
        if lease is None:
            return _as_it_was(state)
        try:
            async with self._readings.of(self._list):
                complete = await self._read(lease)
        except ConnectorError as trouble:
            await self._give_back(lease)
            if state.filled_at is None or not isinstance(trouble, TransientError):
                raise
            log.info("contacts.refill_put_off", tenant_id=str(self._tenant_id), error=trouble.code)
            return Completeness(state.complete, timedelta(seconds=REMEMBER_SECONDS / 2))
        return _as_it_was(state) if complete is None else Completeness(complete, refill_after)

    async def _state(self) -> tuple[ContactIndexState, datetime]:
        mine = (STATE.c.tenant_id == self._tenant_id, STATE.c.connection_id == self._connection_id)
        async with self._db.reading.of(self._tenant_id) as session:
            row = (await session.execute(select(STATE).where(*mine))).one_or_none()
            now = (await session.execute(select(db_now()))).scalar_one()
        return ContactIndexState() if row is None else ContactIndexState.from_row(row), now

    async def _claim(self) -> Lease[ContactIndexState] | None:
        """Lease the index with the reading to go on with. Returns None while somebody else reads it."""
        fresh = {"tenant_id": self._tenant_id, "connection_id": self._connection_id}
        async with self._db.sessions.of(self._tenant_id) as session:
            row = insert(session, STATE).values(**fresh)
            await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))
            return await claim(session, INDEXES, tuple(fresh.values()), seconds=LEASE_SECONDS)

    async def _read(self, lease: Lease[ContactIndexState]) -> bool | None:
        """Read to the end and give the index back. Returns whether it holds all; None: another took over."""
        try:
            async with renewed(self._db, lease, LEASE_SECONDS):
                return await self._read_pages(lease)
        except LeaseLost:
            return None

    async def _read_pages(self, lease: Lease[ContactIndexState]) -> bool:
        """Read page after page, each kept with how far that is. Returns whether the list shows all."""
        before = lease.state
        (started_at, first), is_last = before.reading(lease.now), False
        number, unfit = first, list[Unfit]()
        while not is_last:
            page = await self._client.contacts.customers(number)
            unfit += page.rows.unfit
            number += 1
            is_end = number * PAGE_SIZE >= WINDOW_LIMIT
            beyond = (page.total or 0) >= WINDOW_LIMIT or (is_end and not page.last)
            is_last = page.last or is_end or (beyond and before.is_known_to_be_longer)
            await self._keep(lease, page, {"started_at": started_at, "next_page": number})
        is_all = first == 0 and not beyond
        await self._finish(lease, started_at, not beyond, unfit if is_all else None)
        return not beyond

    async def _keep(
        self, lease: Lease[ContactIndexState], page: Page[Contact], position: Mapping[str, Any]
    ) -> None:
        async with self._db.sessions.of(self._tenant_id) as session:
            rows = ContactRows(session, self._tenant_id, self._connection_id)
            await rows.store(page.content)
            await rows.touch([row.key for row in page.rows.unfit if row.is_lost])
            await note_unfit(session, self._list, [one.id for one in page.content], page.rows.unfit)
            await write(session, lease, **position)

    async def _finish(
        self,
        lease: Lease[ContactIndexState],
        started_at: datetime,
        complete: bool,
        unfit: Sequence[Unfit] | None,
    ) -> None:
        """Mark as gone what two whole readings did not show: one may miss it because the pages moved.

        `unfit`: all that did not fit, where one look read the whole list; of others nothing is told any more.
        """
        before = lease.state
        async with self._db.sessions.of(self._tenant_id) as session:
            if unfit is not None:
                await note_all_unfit(session, self._list, unfit)
            if complete and before.complete and before.filled_at is not None:
                rows = ContactRows(session, self._tenant_id, self._connection_id)
                await rows.mark_unseen(before.filled_at)
            done = {"filled_at": started_at, "complete": complete, "started_at": None, "next_page": 0}
            await release(session, lease, due_in=None, **done)

    async def _give_back(self, lease: Lease[ContactIndexState]) -> None:
        with suppress(LeaseLost):
            async with self._db.sessions.of(self._tenant_id) as session:
                await release(session, lease, due_in=None)


def _as_it_was(state: ContactIndexState) -> Completeness:
    """What counts while others read: nothing is known before the first reading has ended."""
    return Completeness(None if state.filled_at is None else state.complete)
