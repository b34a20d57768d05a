"""Work an inbox: claim what is due as far as there is room, run the handlers, hand on what became of it."""

import asyncio
import math
from collections.abc import Iterable
from uuid import uuid4

import structlog

from common.db.dialect import may_be_lost
from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.stored_words import Lane
from common.inbox.claim import ClaimRequest, claim, next_due_within
from common.inbox.dead_letters import OnDead
from common.inbox.ending_writer import EndingWriter
from common.inbox.halting import DeadLetterLimit
from common.inbox.handler_runner import DeadMessage, HandlerRunner
from common.inbox.history_quota import HistoryQuota
from common.inbox.leases import LeasedMessage, Leases
from common.inbox.patience import Patience
from common.inbox.routes import Route, handlers_by_type
from common.observability import metrics
from common.observability.health import Heartbeat
from common.pausing import wait
from common.settings import WorkerSettings

log = structlog.get_logger()

QUEUED_SECONDS = 0.25  # leased but not begun: as much as the handlers do in this time
HALTED_SECONDS = 5.0
TROUBLE_SECONDS = 1.0
IDLE_LOOK_SECONDS = 0.01


class Worker:
    """Runs the handlers of one consumer over its inbox, beside any number of workers that do the same."""

    def __init__(
        self,
        db: Database,
        consumer: str,
        routes: Iterable[Route],
        settings: WorkerSettings,
        on_dead: OnDead | None = None,
    ) -> None:
        self.name = f"{consumer}.worker"
        self.heartbeat = Heartbeat()
        self._db, self._consumer, self._settings, self._on_dead = db, consumer, settings, on_dead
        self._runner = HandlerRunner(consumer, handlers_by_type(routes), settings)
        self._limit = DeadLetterLimit(db, consumer, settings.dead_letter_limit)
        self._due, self._capacity = asyncio.Event(), asyncio.Event()
        self._claims = 0  # that found something
        self._quota = HistoryQuota(settings.history_share, settings.claim_batch)
        self._patience = Patience(settings.history_share)
        self._begin_anew()

    def wake(self) -> None:
        """Look for due messages now instead of at the next poll."""
        self._due.set()

    async def check(self) -> None:
        """Raise when messages of several merchants died; nothing is claimed then."""
        self._limit.raise_if_reached()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then claim nothing, give back what was not begun, finish what runs."""
        self._begin_anew()
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._leases.keep_renewing())
            stopping = group.create_task(self._notice(stop))
            writing = group.create_task(self._endings.run())
            handling = [group.create_task(self._handle_queued()) for _ in range(self._settings.concurrency)]
            await self._claim_until(stop)
            await self._give_back()
            for _ in handling:
                self._queue.put_nowait(None)
            await asyncio.wait(handling)
            self._endings.close()
            await writing
            renewing.cancel()
            stopping.cancel()

    async def run_until_idle(self, deadline: float = 10.0) -> None:
        """Work until nothing becomes due within these seconds; raises `TimeoutError` when work remains."""
        stop = asyncio.Event()
        async with asyncio.timeout(deadline) as limit, asyncio.TaskGroup() as group:
            group.create_task(self.run(stop))
            while not await self._is_idle(limit.when() or 0.0):
                await asyncio.sleep(IDLE_LOOK_SECONDS)
            stop.set()

    def _begin_anew(self) -> None:
        self._queue: asyncio.Queue[LeasedMessage | None] = asyncio.Queue()
        self._leases = Leases(self._db, self._consumer, self._settings.lease_seconds, self._capacity.set)
        self._endings = EndingWriter(self._db, self._consumer, self._leases, self._due.set, self._on_dead)
        self._running, self._claiming = 0, False

    async def _notice(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._due.set()
        self._capacity.set()

    async def _claim_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.heartbeat.beat()
            try:
                claimed = await self._claim_next(stop)
            except DATABASE_TROUBLE as error:
                log.warning("inbox.claim_failed", consumer=self._consumer, error=describe(error))
                await wait(stop, TROUBLE_SECONDS)
                continue
            if not claimed:
                await wait(self._due, self._settings.idle_poll_seconds)

    async def _claim_next(self, stop: asyncio.Event) -> bool:
        """Claim as much as there is room for; False when nothing more is due now."""
        if await self._limit.reached():
            await wait(stop, HALTED_SECONDS)
            return True
        self._capacity.clear()
        if not (room := self._room()):
            await wait(self._capacity, self._settings.idle_poll_seconds)
            return True
        self._due.clear()
        return await self._claim(room) == room

    def _room(self) -> int:
        """How many messages to claim now; few when handlers are slow, so that others may take the rest."""
        most = self._settings.claim_batch
        if self._runner.average_seconds:
            rate = self._settings.concurrency / self._runner.average_seconds
            most = min(most, math.ceil(rate * QUEUED_SECONDS))
        free_hands = self._settings.concurrency - self._running
        queued = self._queue.qsize()
        # Half a portion may lie unbegun before the next claim: claiming again for each message that begins
        # would cost a transaction each, and waiting until all have begun would leave hands idle meanwhile.
        if queued > max(free_hands, most // 2):
            return 0
        return max(0, min(self._settings.claim_batch, most + free_hands) - queued)

    async def _claim(self, room: int) -> int:
        """Lease so many messages and queue them for the handlers; returns how many there were."""
        lease = self._settings.lease_seconds
        wanted = ClaimRequest(self._consumer, room, self._quota.messages, uuid4(), lease, self._limit.halted)
        self._claiming = True
        try:
            async with self._db.sessions.of_queues() as session:
                await may_be_lost(session)
                messages = await claim(session, wanted)
            self._claims += bool(messages)
            for message in self._patience.share_out(messages):
                self._queue.put_nowait(self._leases.hold(message, wanted.token))
        finally:
            self._claiming = False
        history = self._quota.count(messages)
        metrics.INBOX_CLAIMED.labels(self._consumer, Lane.HISTORY.value).inc(history)
        metrics.INBOX_CLAIMED.labels(self._consumer, Lane.LIVE.value).inc(len(messages) - history)
        return len(messages)

    async def _handle_queued(self) -> None:
        while (held := await self._queue.get()) is not None:
            if self._leases.is_lost(held):
                self._leases.forget([held])
                continue
            self._running += 1
            self._capacity.set()
            end = await self._runner.run(held.message, held.token)
            self._running -= 1
            if isinstance(end, DeadMessage):
                await self._endings.keep_dead(held, end)
                self._limit.look_again()
            else:
                self._endings.put(held, end)

    async def _give_back(self) -> None:
        unbegun: list[LeasedMessage] = []
        while not self._queue.empty():
            if held := self._queue.get_nowait():
                unbegun.append(held)
        await self._leases.give_back(unbegun)

    async def _is_idle(self, moment: float) -> bool:
        """Nothing is held, nothing becomes due by then, and no claim passed by the look that says so."""
        claims = self._claims
        if self._is_busy() or await self._due_before(moment):
            return False
        return claims == self._claims and not self._is_busy()

    def _is_busy(self) -> bool:
        return self._claiming or bool(self._leases)

    async def _due_before(self, moment: float) -> bool:
        left = moment - asyncio.get_running_loop().time()
        async with self._db.reading.of_queues() as session:
            return await next_due_within(session, self._consumer, left, self._limit.halted)
