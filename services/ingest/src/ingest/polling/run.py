"""One poll of one shop: fresh changes first, then history and sweeps with the calls that are left."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from common.db.engine import Database
from common.shops.base import OrderQuery
from ingest.orders import OrderReader
from ingest.polling.cursors import renew
from ingest.polling.order_list import Budget, ListProgress, OrderListReader, Stopped
from ingest.polling.schedule import next_sweep
from ingest.polling.state import CursorProgress, History, ShopLease, SweepKind
from ingest.polling.sweeps import Sweeper
from ingest.settings import PollSettings


@dataclass
class ShopRun:
    """Reads one shop under one lease; `progress` is how far it has come, which its end writes."""

    db: Database
    lease: ShopLease
    reader: OrderReader
    settings: PollSettings
    overlap: timedelta
    stop: asyncio.Event
    progress: CursorProgress = field(init=False)
    _renewed: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.progress = self._before

    async def poll(self) -> None:
        """Everything that could be read is taken over; an error leaves `progress` without what it spoiled."""
        await self._read_live()
        await self._read_history()
        await self._sweep()

    async def checkpoint(self) -> None:
        """Raises `Stopped` when the run has to end; holds the lease otherwise."""
        if self.stop.is_set():
            raise Stopped
        if time.monotonic() - self._renewed < self.settings.lease / 3:
            return
        async with self.db.sessions.of(self.lease.tenant_id) as session:
            if not await renew(session, self.lease, self.settings.lease):
                raise Stopped
        self._renewed = time.monotonic()

    async def _read_live(self) -> None:
        before = self._before
        reader, since = self._list_reader(fresh_from=before.cursor_at), before.cursor_at - self.overlap
        reached = await reader.read(OrderQuery(updated_from=since))
        if reached.complete and reached.started_at is not None and reached.started_at < since:
            since = reached.started_at - self.overlap  # the shop's clock is behind ours
            reached = await reader.read(OrderQuery(updated_from=since))
        if reached.failed is not None:
            raise reached.failed
        if reached.complete:
            self.progress = replace(self.progress, cursor_at=cursor_after(before.cursor_at, reached))
        elif before.history is None:  # the rest goes on as history, so that it delays nothing fresh
            self.progress = replace(
                self.progress,
                cursor_at=cursor_after(before.cursor_at, reached),
                history=History(since, reached.page, reached.total),
            )

    async def _read_history(self) -> None:
        history = self._before.history
        if history is None or not self._budget.is_left():
            return
        first_page = max(1, history.page - 1)
        reached = await self._list_reader().read(
            OrderQuery(updated_from=history.since), first_page=first_page
        )
        if reached.failed is not None:
            raise reached.failed
        shrunk = first_page > 1 and reached.total < history.total  # orders moved to pages already read
        if reached.complete and not shrunk:
            self.progress = replace(self.progress, history=None)
        else:
            rest = History(history.since, 1 if shrunk else reached.page, reached.total)
            self.progress = replace(self.progress, history=rest)

    async def _sweep(self) -> None:
        if self.progress.history is not None:
            return
        now = self.lease.now
        sweep = next_sweep(self._before, self.lease.connection_id, now)
        if sweep is None:
            return
        sweeper = Sweeper(self.reader, self._budget, self.checkpoint, self.settings.sweep_calls_per_hour)
        rest = await sweeper.go_on(sweep, now)
        if rest is not None:
            self.progress = replace(self.progress, sweep=rest)
        elif sweep.kind is SweepKind.NIGHTLY:
            self.progress = replace(self.progress, sweep=None, last_nightly_at=sweep.started_at)
        else:
            self.progress = replace(self.progress, sweep=None, last_weekly_at=sweep.started_at)

    def _list_reader(self, fresh_from: datetime | None = None) -> OrderListReader:
        return OrderListReader(self.reader, self._budget, self.checkpoint, fresh_from)

    @property
    def _before(self) -> CursorProgress:
        return self.lease.state.progress

    @property
    def _budget(self) -> Budget:
        return Budget(self.reader.client, self.settings.calls_per_run, self.settings.reserved_calls)


def cursor_after(cursor: datetime, reached: ListProgress) -> datetime:
    """Where the next poll begins: the shop's clock when this one began; it may have missed later changes."""
    if reached.started_at is not None:
        return reached.started_at
    return max(cursor, reached.newest) if reached.newest is not None else cursor
