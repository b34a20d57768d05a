"""Work an inbox: lease keys, run handlers, write what became of the messages in batches."""

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from common.db.dialect import may_be_lost
from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe, is_trouble
from common.events.base import Lane
from common.inbox.claim import ClaimRequest, claim, next_due_within, release, renew
from common.inbox.dead_letters import OnDead, keep_dead_letter
from common.inbox.finish import Ending, finish
from common.inbox.halting import DeadLetterLimit
from common.inbox.handler_runner import DeadMessage, HandlerRunner, explain
from common.inbox.messages import RawMessage
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


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A message this worker has leased."""

    message: RawMessage
    token: UUID


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
        self._queue: asyncio.Queue[Held | None] = asyncio.Queue()
        self._endings: asyncio.Queue[tuple[Held, Ending] | None] = asyncio.Queue()
        self._held, self._lost = set[Held](), set[Held]()
        self._running, self._claiming = 0, False
        self._claims = 0  # that found something
        self._history_credit = 0.0
        self._patience = Patience(settings.history_share)

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
            renewing = group.create_task(self._renew_leases())
            stopping = group.create_task(self._notice(stop))
            writing = group.create_task(self._write_endings())
            handling = [group.create_task(self._handle_queued()) for _ in range(self._settings.concurrency)]
            await self._claim_until(stop)
            await self._give_back()
            for _ in handling:
                self._queue.put_nowait(None)
            await asyncio.wait(handling)
            self._endings.put_nowait(None)
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
        self._queue, self._endings = asyncio.Queue(), asyncio.Queue()
        self._held.clear()
        self._lost.clear()
        self._running, self._claiming = 0, False

    async def _is_idle(self, moment: float) -> bool:
        """Nothing is held, nothing becomes due by then, and no claim passed by the look that says so."""
        claims = self._claims
        if self._is_busy() or await self._due_before(moment):
            return False
        return claims == self._claims and not self._is_busy()

    def _is_busy(self) -> bool:
        return self._claiming or bool(self._held)

    async def _due_before(self, moment: float) -> bool:
        left = moment - asyncio.get_running_loop().time()
        async with self._db.reading.of_queues() as session:
            return await next_due_within(session, self._consumer, left, self._limit.halted)

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
        if queued > max(free_hands, most // 2):
            return 0
        return max(0, min(self._settings.claim_batch, most + free_hands) - queued)

    async def _claim(self, room: int) -> int:
        history, lease = int(self._history_credit), self._settings.lease_seconds
        wanted = ClaimRequest(self._consumer, room, history, uuid4(), lease, self._limit.halted)
        self._claiming = True
        try:
            async with self._db.sessions.of_queues() as session:
                await may_be_lost(session)
                messages = await claim(session, wanted)
            self._claims += bool(messages)
            for message in self._patience.share_out(messages):
                held = Held(message, wanted.token)
                self._held.add(held)
                self._queue.put_nowait(held)
        finally:
            self._claiming = False
        self._share_out(messages)
        return len(messages)

    def _share_out(self, messages: list[RawMessage]) -> None:
        """Save up what history is owed: its share of everything claimed, less what it got."""
        history = sum(message.lane is Lane.HISTORY for message in messages)
        credit = self._history_credit + self._settings.history_share * len(messages) - history
        most = 1.0 + self._settings.history_share * self._settings.claim_batch
        self._history_credit = min(max(credit, 0.0), most)
        metrics.INBOX_CLAIMED.labels(self._consumer, Lane.HISTORY.value).inc(history)
        metrics.INBOX_CLAIMED.labels(self._consumer, Lane.LIVE.value).inc(len(messages) - history)

    async def _give_back(self) -> None:
        """Release what was leased but not begun, so that others need not wait for the lease to end."""
        waiting: dict[UUID, list[Held]] = {}
        while not self._queue.empty():
            if held := self._queue.get_nowait():
                waiting.setdefault(held.token, []).append(held)
        try:
            for token, group in waiting.items():
                async with self._db.sessions.of_queues() as session:
                    keys = [held.message.ordering_key for held in group]
                    await release(session, self._consumer, keys, token)
        except DATABASE_TROUBLE as error:
            log.warning("inbox.release_failed", consumer=self._consumer, error=describe(error))
        self._forget([held for group in waiting.values() for held in group])

    async def _handle_queued(self) -> None:
        while (held := await self._queue.get()) is not None:
            if held in self._lost:
                self._forget([held])
                continue
            self._running += 1
            self._capacity.set()
            verdict = await self._runner.run(held.message, held.token)
            self._running -= 1
            if isinstance(verdict, DeadMessage):
                await self._keep_dead_letter(held, verdict)
            else:
                self._endings.put_nowait((held, verdict))

    async def _keep_dead_letter(self, held: Held, dead: DeadMessage) -> None:
        said = explain(dead.error)
        log.error("inbox.message_died", consumer=self._consumer, type=dead.raw.type, error=said)
        hook = self._on_dead
        while held in self._held:
            try:
                async with self._db.sessions.of(dead.raw.tenant_id) as session:
                    buried = await keep_dead_letter(session, self._consumer, dead.raw, dead.token, said)
                    if buried and hook:
                        await hook(session, dead.message, dead.error)
                self._forget([held])
            except Exception as error:
                if hook is None or is_trouble(error):
                    log.warning("inbox.bury_failed", consumer=self._consumer, error=describe(error))
                    await asyncio.sleep(TROUBLE_SECONDS)
                else:  # the letter matters more than what the service does about it
                    log.exception("inbox.on_dead_failed", consumer=self._consumer, error=explain(error))
                    hook = None
        metrics.INBOX_DEAD.labels(self._consumer, dead.raw.type).inc()
        self._limit.look_again()

    async def _write_endings(self) -> None:
        """Write all endings that came in while the last ones were written."""
        more = True
        while more:
            batch = [await self._endings.get()]
            while not self._endings.empty():
                batch.append(self._endings.get_nowait())
            more = None not in batch
            await self._write([item for item in batch if item is not None])

    async def _write(self, batch: list[tuple[Held, Ending]]) -> None:
        written = not batch
        while not written:
            try:
                async with self._db.sessions.of_queues() as session:
                    await may_be_lost(session)
                    freed = await finish(session, self._consumer, [ending for _, ending in batch])
                written = True
                if freed:
                    self._due.set()
            except DATABASE_TROUBLE as error:
                log.warning("inbox.finish_failed", consumer=self._consumer, error=describe(error))
                await asyncio.sleep(TROUBLE_SECONDS)
        self._forget([held for held, _ in batch])

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            by_token: dict[UUID, list[Held]] = {}
            for held in self._held - self._lost:
                by_token.setdefault(held.token, []).append(held)
            try:
                for token, group in by_token.items():
                    await self._renew(token, group)
            except DATABASE_TROUBLE as error:
                log.warning("inbox.renew_failed", consumer=self._consumer, error=describe(error))

    async def _renew(self, token: UUID, group: list[Held]) -> None:
        keys = [held.message.ordering_key for held in group]
        async with self._db.sessions.of_queues() as session:
            kept = await renew(session, self._consumer, keys, token, self._settings.lease_seconds)
        # What ended meanwhile is no longer held; what is still held and not kept belongs to another worker.
        lost = {held for held in group if held.message.ordering_key not in kept} & self._held
        self._lost |= lost
        metrics.INBOX_LOST_LEASES.labels(self._consumer).inc(len(lost))

    def _forget(self, ended: list[Held]) -> None:
        self._held.difference_update(ended)
        self._lost.difference_update(ended)
        self._capacity.set()
