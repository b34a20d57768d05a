"""Polls every shop that is due, many at once; replicas share the shops by leases in the database."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from common.archive import Archive
from common.backoff import Backoff
from common.db.due_loop import DueLoop, Pace, Turn, TurnResult
from common.db.engine import Database
from common.db.tenant_settings import newest_settings
from common.observability import metrics
from common.observability.tracing import continued
from common.pausing import Seldom
from ingest.connections import ShopConnections
from ingest.orders import OrderReader
from ingest.polling.cursors import SHOP_CURSORS, finish_poll, refresh_cursors
from ingest.polling.order_list import Stopped
from ingest.polling.results import STOPPED, PollResult, failed_result, good_result
from ingest.polling.run import ShopRun
from ingest.polling.state import CursorState
from ingest.polling.unreadable import close_alarms_of_unused
from ingest.settings import Settings

log = structlog.get_logger(__name__)

AT_ONCE = 1000  # when all that is due is polled in one go


class Poller:
    """A component that keeps every shop's cursor moving."""

    name = "poller"

    def __init__(
        self,
        db: Database,
        shops: ShopConnections,
        archive: Archive,
        settings: Settings,
        announced: Callable[[], None] = lambda: None,
    ) -> None:
        self._db, self._shops, self._archive, self._settings = db, shops, archive, settings
        self._announced = announced
        poll = settings.poll
        self._refreshes = Seldom(poll.roster_every)
        backoff = Backoff(poll.first_backoff, poll.longest_backoff)
        pace = Pace(poll.concurrency, poll.lease, poll.look_every, backoff)
        self._loop = DueLoop(db, self.name, SHOP_CURSORS, self._poll, pace, each_look=self._refresh_at_times)
        self.heartbeat, self.wake = self._loop.heartbeat, self._loop.wake

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; runs under way end at their next order and lose nothing."""
        await self._loop.run(stop)

    async def run_once(self, stop: asyncio.Event | None = None) -> int:
        """Poll every shop that is due right now. Returns how many; for tests and the command line."""
        await self._refresh()
        return await self._loop.run_once(stop, limit=AT_ONCE)

    async def _refresh_at_times(self) -> None:
        if self._refreshes.is_due():
            await self._refresh()

    async def _refresh(self) -> None:
        """Give new shops a cursor, follow new settings, and close alarms of shops that are out of use."""
        await refresh_cursors(self._db)
        await close_alarms_of_unused(self._db)
        self._refreshes.done()

    async def _poll(self, turn: Turn[CursorState]) -> TurnResult:
        """Read one shop as far as the budget goes. Returns what its row says then, whatever happened."""
        run: ShopRun | None = None
        try:
            run = await self._prepare(turn)
            if run is not None:
                with continued("ingest.poll", {}):
                    await run.poll()
            result = await self._good_result(turn, run)
        except Stopped:
            result = STOPPED
        except Exception as error:  # noqa: BLE001 - one shop's trouble must never stop the others
            result = failed_result(turn.lease, error, self._settings.poll)
        metrics.INGEST_POLLS.labels(result.end.value).inc()
        metrics.INGEST_CALLS.inc(run.reader.client.calls if run is not None else 0)
        return finish_poll(turn.lease, run.progress if run is not None else turn.state.progress, result)

    async def _prepare(self, turn: Turn[CursorState]) -> ShopRun | None:
        """Make the run of a shop that is still in use, with its token opened."""
        connection = await self._shops.find(turn.state.connection_id)
        if connection is None:
            return None
        reader = OrderReader(
            db=self._db,
            archive=self._archive,
            connection=connection,
            client=await self._shops.client(connection),
            first_file_retry=self._settings.files.first_retry,
            announced=self._announced,
        )
        return ShopRun(
            turn, reader, self._settings.poll, overlap=timedelta(seconds=self._settings.overlap_seconds)
        )

    async def _good_result(self, turn: Turn[CursorState], run: ShopRun | None) -> PollResult:
        """Read when the merchant wants the next poll. Returns the result of a run that raised nothing."""
        async with self._db.reading.of(turn.state.tenant_id) as session:
            version = await newest_settings(session, turn.state.tenant_id)
        if run is not None and run.reader.client.calls > 1:
            log.info("shop.polled", **turn.state.ids(), calls=run.reader.client.calls)
        return good_result(version.values.poll_interval_seconds)
