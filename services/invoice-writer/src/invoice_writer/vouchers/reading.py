"""Reads the voucherlist into the index, one process at a time; each page is kept with its place."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.due import Lease, LeaseLost, claim, release, write
from common.db.due_loop import renewed
from common.db.engine import Database
from common.domain.alarms import AlarmKind
from common.errors import ConnectorError
from common.lexware.client import LexwareClient
from common.lexware.voucherlist import VoucherFilter
from invoice_writer.lists import FILL, BooksList, ListRef, ReadingPosition, Readings, keep_page, part_to_json
from invoice_writer.vouchers.state import INDEXES, STATE, VoucherIndexState

LEASE_SECONDS = 10.0  # so long rests the reading of a process that died


def part_alarm(tenant_id: UUID, connection_id: UUID, part: VoucherFilter) -> Alarm:
    """The alarm that a part of the list is longer than the list shows."""
    said = "&".join(f"{name}={value}" for name, value in part.params().items())
    evidence = {"connection_id": str(connection_id), **part_to_json(part)}
    return Alarm(AlarmKind.BOOKS_PART_TOO_LONG, f"{connection_id}:{said}", evidence, tenant_id)


class VoucherIndexReader:
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
        self._list = ListRef(tenant_id, connection_id, BooksList.VOUCHERS)
        self._mine = and_(STATE.c.tenant_id == tenant_id, STATE.c.connection_id == connection_id)

    async def state(self) -> tuple[VoucherIndexState, datetime]:
        """Get the index as it stands, and the database's clock."""
        now = select(db_now().label("now")).subquery()
        columns = (STATE.c.filled_from, STATE.c.refreshed_at, STATE.c.unread, STATE.c.plan)
        query = select(now.c.now, *columns).select_from(now).outerjoin(STATE, self._mine)
        async with self._db.reading.of(self._list.tenant_id) as session:
            row = (await session.execute(query)).one()
        return VoucherIndexState.from_row(row), row.now

    async def run(self, since: date) -> bool:
        """Read what is due, going on where the last reading stopped. Returns False while another reads.

        Raises `BooksUnreadable` when the list cannot be read.
        """
        async with self._readings.of(self._list) as look:
            lease = await self._claim()
            look.made = lease is not None and lease.state.is_due(since, lease.now)
            if lease is None:
                return False
            if look.made:
                return await self._read(lease, since)
            await self._give_back(lease)
        return True

    async def _claim(self) -> Lease[VoucherIndexState] | None:
        """Lease the index. Returns None while somebody else reads it."""
        fresh = {"tenant_id": self._tenant_id, "connection_id": self._connection_id}
        async with self._db.sessions.of(self._list.tenant_id) as session:
            row = insert(session, STATE).values(**fresh)
            await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))
            return await claim(session, INDEXES, tuple(fresh.values()), seconds=LEASE_SECONDS)

    async def _read(self, lease: Lease[VoucherIndexState], since: date) -> bool:
        """Read to the end and give the index back. Returns False when another has taken the reading over."""
        try:
            async with renewed(self._db, lease, LEASE_SECONDS):
                await self._read_pages(lease, lease.state.reading(since, lease.now))
        except LeaseLost:
            return False
        except ConnectorError:
            await self._give_back(lease)
            raise
        return True

    async def _read_pages(self, lease: Lease[VoucherIndexState], position: ReadingPosition) -> None:
        while position.parts:
            page = await self._client.voucherlist.page(position.parts[0], position.page)
            position = position.after(page)
            async with self._db.sessions.of(self._list.tenant_id) as session:
                await keep_page(session, self._list, page)
                if position.parts:
                    await write(session, lease, plan=position.to_json())
                else:
                    await release(session, lease, due_in=None, **_done(position, lease.state))
                    await self._tell_unread(session, lease.state.unread, position.unread)

    async def _tell_unread(
        self, session: AsyncSession, before: Sequence[VoucherFilter], now: Sequence[VoucherFilter]
    ) -> None:
        """Raise the alarm of each part that is longer than the list shows, and close those of the others."""
        kind = AlarmKind.BOOKS_PART_TOO_LONG
        for part in set(before) - set(now):
            gone = part_alarm(self._tenant_id, self._connection_id, part)
            await close_alarms(session, kind, gone.subject, tenant_id=self._tenant_id)
        for part in now:
            await raise_alarm(session, part_alarm(self._tenant_id, self._connection_id, part))

    async def _give_back(self, lease: Lease[VoucherIndexState]) -> None:
        with suppress(LeaseLost):
            async with self._db.sessions.of(self._list.tenant_id) as session:
                await release(session, lease, due_in=None)


def _done(position: ReadingPosition, before: VoucherIndexState) -> dict[str, Any]:
    """A reading is as old as its beginning; parts that could not be read are kept by name."""
    return {
        "filled_from": position.since,
        "refreshed_at": position.started_at,
        "plan": None,
        "unread": [part_to_json(part) for part in position.unread],
        **({"unread_changed_at": db_now()} if position.unread != before.unread else {}),
        **({"whole_at": position.started_at} if position.kind == FILL else {}),
    }
