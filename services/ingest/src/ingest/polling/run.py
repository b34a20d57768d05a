"""One poll of one shop: fresh changes first, then history and sweeps with the calls that are left."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.db.engine import Database
from common.shops.base import OrderQuery
from ingest.orders import OrderReader
from ingest.polling.cursors import ShopLease, renew
from ingest.polling.order_list import Budget, OrderListReader, Progress, Stopped
from ingest.polling.sweeps import NIGHTLY, Sweeper, sweep_of
from ingest.settings import PollSettings

NO_SWEEP = {"sweep": None, "sweep_started_at": None, "sweep_position": 0, "sweep_calls": 0}


@dataclass
class ShopRun:
    """Reads one shop under one lease; `columns` is what its end may write into the cursor row."""

    db: Database
    lease: ShopLease
    reader: OrderReader
    settings: PollSettings
    overlap: timedelta
    stop: asyncio.Event
    columns: dict[str, Any] = field(default_factory=dict)
    _renewed: float = field(default_factory=time.monotonic)

    async def poll(self) -> None:
        """Everything that could be read is taken over; an error leaves `columns` without what it spoiled."""
        await self._read_live()
        await self._read_history()
        await self._sweep()

    async def checkpoint(self) -> None:
        """Raises `Stopped` when the run has to end; holds the lease otherwise."""
        if self.stop.is_set():
            raise Stopped
        if time.monotonic() - self._renewed < self.settings.lease / 3:
            return
        async with self.db.sessions.begin() as session:
            if not await renew(session, self.lease, self.settings.lease):
                raise Stopped
        self._renewed = time.monotonic()

    async def _read_live(self) -> None:
        row, reader = self.lease.row, self._list_reader(fresh_from=self.lease.row.cursor_at)
        since = row.cursor_at - self.overlap
        progress = await reader.read(OrderQuery(updated_from=since))
        if progress.complete and progress.started_at is not None and progress.started_at < since:
            since = progress.started_at - self.overlap  # the shop's clock is behind ours
            progress = await reader.read(OrderQuery(updated_from=since))
        if progress.failed is not None:
            raise progress.failed
        if progress.complete:
            self.columns["cursor_at"] = cursor_after(row.cursor_at, progress)
        elif row.history_from_at is None:  # the rest goes on as history, so that it delays nothing fresh
            self.columns |= {
                "cursor_at": cursor_after(row.cursor_at, progress),
                "history_from_at": since,
                "history_page": progress.page,
                "history_total": progress.total,
            }

    async def _read_history(self) -> None:
        row = self.lease.row
        if row.history_from_at is None or not self._budget.is_left():
            return
        first_page = max(1, row.history_page - 1)
        progress = await self._list_reader().read(
            OrderQuery(updated_from=row.history_from_at), first_page=first_page
        )
        if progress.failed is not None:
            raise progress.failed
        shrunk = first_page > 1 and progress.total < row.history_total  # orders moved to pages already read
        if progress.complete and not shrunk:
            self.columns |= {"history_from_at": None, "history_page": 1, "history_total": 0}
        else:
            page = 1 if shrunk else progress.page
            self.columns |= {"history_page": page, "history_total": progress.total}

    async def _sweep(self) -> None:
        row, now = self.lease.row, self.lease.now
        if self.columns.get("history_from_at", row.history_from_at) is not None:
            return
        sweep = sweep_of(row, now)
        if sweep is None:
            return
        sweeper = Sweeper(self.reader, self._budget, self.checkpoint, self.settings.sweep_calls_per_hour)
        rest = await sweeper.go_on(sweep, now)
        if rest is not None:
            self.columns |= rest.columns()
            return
        done = "last_nightly_at" if sweep.kind == NIGHTLY else "last_weekly_at"
        self.columns |= NO_SWEEP | {done: sweep.started_at}

    def _list_reader(self, fresh_from: datetime | None = None) -> OrderListReader:
        return OrderListReader(self.reader, self._budget, self.checkpoint, fresh_from)

    @property
    def _budget(self) -> Budget:
        return Budget(self.reader.client, self.settings.calls_per_run, self.settings.reserved_calls)


def cursor_after(cursor: datetime, progress: Progress) -> datetime:
    """Where the next poll begins: the shop's clock when this one began; it may have missed later changes."""
    if progress.started_at is not None:
        return progress.started_at
    return max(cursor, progress.newest) if progress.newest is not None else cursor
