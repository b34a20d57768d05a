"""Polls every shop that is due, many at once; replicas share the shops by leases in the database."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from common.archive import Archive
from common.db.engine import Database
from common.db.tenant_settings import newest_settings
from common.db.trouble import DATABASE_TROUBLE, describe
from common.observability import metrics
from common.observability.health import Heartbeat
from common.observability.tracing import continued
from common.pausing import wait_for_any
from ingest.connections import ShopConnections
from ingest.orders import OrderReader
from ingest.polling.cursors import any_due, claim_due, finish_poll, refresh_cursors
from ingest.polling.order_list import Stopped
from ingest.polling.results import STOPPED, PollResult, failed_result, good_result
from ingest.polling.run import ShopRun
from ingest.polling.state import ShopLease
from ingest.polling.unreadable import close_alarms_of_unused, tell
from ingest.settings import Settings

log = structlog.get_logger(__name__)


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
        self.heartbeat = Heartbeat()
        self._db, self._shops, self._archive, self._settings = db, shops, archive, settings
        self._announced = announced
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._refreshed_at = float("-inf")

    def wake(self) -> None:
        """Look for due shops now."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; runs under way end at their next order and lose nothing."""
        try:
            while not stop.is_set():
                self.heartbeat.beat()
                try:
                    await self._start_due(stop)
                except DATABASE_TROUBLE as trouble:
                    log.warning("poller.database_trouble", error=describe(trouble))
                await self._wait(stop)
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            for task in self._tasks:  # only there when this was cancelled: the leases run out by themselves
                task.cancel()

    async def run_once(self, stop: asyncio.Event | None = None) -> int:
        """Poll every shop that is due right now and return how many; for tests and the command line."""
        await self._refresh()
        leases = await self._claim(limit=1000)
        await asyncio.gather(*(self._poll(lease, stop or asyncio.Event()) for lease in leases))
        return len(leases)

    async def _start_due(self, stop: asyncio.Event) -> None:
        if time.monotonic() - self._refreshed_at >= self._settings.poll.roster_every:
            await self._refresh()
        free = self._settings.poll.concurrency - len(self._tasks)
        if free <= 0 or not await any_due(self._db):
            return
        for lease in await self._claim(limit=free):
            task = asyncio.create_task(self._poll(lease, stop), name=f"poll {lease.connection_id}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    async def _refresh(self) -> None:
        await refresh_cursors(self._db)
        await close_alarms_of_unused(self._db)
        self._refreshed_at = time.monotonic()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._woken.set()

    async def _claim(self, limit: int) -> list[ShopLease]:
        return await claim_due(self._db, limit=limit, lease_seconds=self._settings.poll.lease)

    async def _wait(self, stop: asyncio.Event) -> None:
        await wait_for_any(stop, self._woken, seconds=self._settings.poll.look_every)
        self._woken.clear()

    async def _poll(self, lease: ShopLease, stop: asyncio.Event) -> None:
        run: ShopRun | None = None
        try:
            run = await self._prepare(lease, stop)
            if run is not None:
                with continued("ingest.poll", {}):
                    await run.poll()
            result = await self._good_result(lease, run)
        except Stopped:
            result = STOPPED
        except Exception as error:  # noqa: BLE001 - one shop's trouble must never stop the others
            result = failed_result(lease, error, self._settings.poll)
        await self._finish(lease, run, result)

    async def _prepare(self, lease: ShopLease, stop: asyncio.Event) -> ShopRun | None:
        connection = await self._shops.find(lease.connection_id)
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
        overlap = timedelta(seconds=self._settings.overlap_seconds)
        return ShopRun(self._db, lease, reader, self._settings.poll, overlap, stop)

    async def _good_result(self, lease: ShopLease, run: ShopRun | None) -> PollResult:
        async with self._db.reading.of(lease.tenant_id) as session:
            version = await newest_settings(session, lease.tenant_id)
        if run is not None and run.reader.client.calls > 1:
            log.info("shop.polled", **lease.ids(), calls=run.reader.client.calls)
        return good_result(version.values.poll_interval_seconds)

    async def _finish(self, lease: ShopLease, run: ShopRun | None, result: PollResult) -> None:
        """Write what the run found out in its last transaction; without a database the lease runs out."""
        metrics.INGEST_POLLS.labels(result.end.value).inc()
        metrics.INGEST_CALLS.inc(run.reader.client.calls if run is not None else 0)
        progress = run.progress if run is not None else lease.state.progress
        with contextlib.suppress(*DATABASE_TROUBLE):
            async with self._db.sessions.of(lease.tenant_id) as session:
                if not await finish_poll(session, lease, result.next_poll_seconds, progress, result.failures):
                    log.warning("shop.lease_lost", **lease.ids())
                elif result.failures is not None:
                    await tell(session, lease, result.failures)
