"""One poll of one shop: fresh changes first, then history and sweeps with the calls that are left."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from common.db.due_loop import Turn
from common.domain.stored_words import SweepKind
from common.shops.base import OrderQuery
from ingest.orders import OrderReader
from ingest.polling.order_list import Budget, ListProgress, OrderListReader, Stopped
from ingest.polling.schedule import next_sweep
from ingest.polling.state import CursorProgress, CursorState, History
from ingest.polling.sweeps import Sweeper
from ingest.settings import PollSettings


@dataclass
class ShopRun:
    """Reads one shop under one lease; `progress` is how far it has come, which its end writes."""

    turn: Turn[CursorState]
    reader: OrderReader
    settings: PollSettings
    overlap: timedelta
    progress: CursorProgress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = self._before

    async def poll(self) -> None:
        """Read as far as the budget goes; an error leaves `progress` without what it spoiled."""
        await self._read_live()
        await self._read_history()
        await self._sweep()

    async def checkpoint(self) -> None:
        """Raise `Stopped` when the run has to end."""
        if self.turn.must_end:
            raise Stopped

    # Each reading begins an overlap before the cursor: a shop may show a change only some time after the
    # moment it is stamped with, and its clock may differ from ours. What comes twice is told by its stamp and
    # costs no call. A shop whose clock is behind by more than that is read once more from its own time.
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
        first_page = max(1, history.page - 1)  # a page back: orders may have moved forward by some places
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
        now = self.turn.now
        sweep = next_sweep(self._before, self.turn.state.connection_id, now)
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
        return self.turn.state.progress

    @property
    def _budget(self) -> Budget:
        return Budget(self.reader.client, self.settings.calls_per_run, self.settings.reserved_calls)


def cursor_after(cursor: datetime, reached: ListProgress) -> datetime:
    """Where the next poll begins: the shop's clock when this one began; it may have missed later changes."""
    if reached.started_at is not None:
        return reached.started_at
    return max(cursor, reached.newest) if reached.newest is not None else cursor
