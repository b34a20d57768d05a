"""Takes turns at the due rows of a table, beside any number of processes that do the same.

A service says what a turn does (`work`) and gets everything else from here: the claim, the renewal while it
works, the end with when the row is due next, the pause after a failure, and an orderly stop.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.backoff import Backoff
from common.db.due import DueRows, Lease, LeaseLost, claim_due, is_any_due, release, renew
from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.errors import ConnectorError, TransientError
from common.observability.health import Heartbeat
from common.pausing import wait, wait_for_any

log = structlog.get_logger(__name__)


class HasTenant(Protocol):
    """What a turn needs of a row, with whose it is."""

    @property
    def tenant_id(self) -> UUID:
        """Whose row it is."""


State = TypeVar("State")
Owned = TypeVar("Owned", bound=HasTenant)
RENEWALS = 3  # in the time of a lease: two that fail cost nothing yet


@dataclass(frozen=True, slots=True)
class Pace:
    """How many turns at once, how long a lease lasts and how often in that time it is renewed, and so on.

    `look_seconds` are between looks for due rows.
    """

    at_once: int
    lease_seconds: float
    look_seconds: float
    backoff: Backoff
    renewals: int = RENEWALS


@dataclass(slots=True, eq=False)
class Held(Generic[State]):
    """A lease that is being renewed; `is_lost` once another process has the row."""

    lease: Lease[State]
    is_lost: bool = False


@dataclass(slots=True, eq=False)
class Turn(Held[Owned]):
    """One row's turn, for who works it."""

    stop: asyncio.Event = field(kw_only=True)

    @property
    def state(self) -> Owned:
        """The row as it was when its turn began."""
        return self.lease.state

    @property
    def now(self) -> datetime:
        """The database's clock when the turn began."""
        return self.lease.now

    @property
    def must_end(self) -> bool:
        """Whether long work should come to its end: the process stops, or another one has the row."""
        return self.is_lost or self.stop.is_set()


Follow = Callable[[AsyncSession], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TurnResult:
    """When the row is due next (None: never by itself), what its columns say, and what follows from it.

    `follow` is part of the transaction that gives the row back: it happens with it or not at all.
    """

    due_in: float | None
    values: Mapping[str, Any] = field(default_factory=dict)
    follow: Follow | None = None


Work = Callable[[Turn[Owned]], Awaitable[TurnResult]]


class LeaseKeeper:
    """Renews what is held, some times in the time of a lease."""

    def __init__(self, db: Database, seconds: float, renewals: int = RENEWALS) -> None:
        self._db, self._seconds, self._every = db, seconds, seconds / renewals
        self._held: set[Held[Any]] = set()

    def keep(self, held: Held[Any]) -> None:
        """Renew the lease from now on."""
        self._held.add(held)

    def let_go(self, held: Held[Any]) -> None:
        """Renew the lease no more: its row was given back."""
        self._held.discard(held)

    async def run(self, done: asyncio.Event) -> None:
        """Renew until everything is done; while the database is away leases may run out."""
        await wait(done, self._every)
        while not done.is_set():
            try:
                await self.renew()
            except DATABASE_TROUBLE as trouble:
                log.warning("due.renewal_failed", error=describe(trouble))
            await wait(done, self._every)

    async def renew(self) -> None:
        """Move the end of each lease, and tell who holds one that is another's by now."""
        held = {one.lease: one for one in self._held if not one.is_lost}
        async with self._db.sessions.of_queues() as session:
            kept = await renew(session, held, seconds=self._seconds)
        for lease, one in held.items():
            if lease not in kept and one in self._held:  # what was given back meanwhile is not lost
                one.is_lost = True


@asynccontextmanager
async def renewed(
    db: Database, lease: Lease[State], seconds: float, renewals: int = RENEWALS
) -> AsyncIterator[Held[State]]:
    """Renew the lease of a row that was claimed by name while the block runs, which gives it back."""
    held, keeper, done = Held(lease), LeaseKeeper(db, seconds, renewals), asyncio.Event()
    keeper.keep(held)
    renewing = asyncio.create_task(keeper.run(done))
    try:
        yield held
    finally:
        done.set()
        await renewing


class DueLoop(Generic[Owned]):
    """A component that works rows as they become due; `each_look` is called before each look for them."""

    def __init__(
        self,
        db: Database,
        name: str,
        rows: DueRows[Owned],
        work: Work[Owned],
        pace: Pace,
        *,
        each_look: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.name, self.heartbeat = name, Heartbeat()
        self._db, self._rows, self._work, self._pace, self._each_look = db, rows, work, pace, each_look
        self._keeper = LeaseKeeper(db, pace.lease_seconds, pace.renewals)
        self._woken = asyncio.Event()
        self._turns: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for due rows now."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then claim nothing more and let the turns under way end."""
        async with self._renewing() as group:
            while not stop.is_set():
                self.heartbeat.beat()
                self._woken.clear()
                await self._try(self._look())
                await self._try(self._begin(group, self._pace.at_once - len(self._turns), stop))
                await wait_for_any(stop, self._woken, seconds=self._pace.look_seconds)
            await self._end_of_turns()

    async def run_once(self, stop: asyncio.Event | None = None, *, limit: int | None = None) -> int:
        """Work what is due right now, at most so many rows. Returns how many that were."""
        async with self._renewing() as group:
            await self._look()
            begun = await self._begin(group, limit or self._pace.at_once, stop or asyncio.Event())
            await self._end_of_turns()
        return begun

    async def _try(self, step: Awaitable[object]) -> None:
        """Take one step of a look; trouble with it keeps the other from nothing."""
        try:
            await step
        except DATABASE_TROUBLE as trouble:
            log.warning("due.look_failed", loop=self.name, error=describe(trouble))

    async def _look(self) -> None:
        if self._each_look is not None:
            await self._each_look()

    async def _begin(self, group: asyncio.TaskGroup, limit: int, stop: asyncio.Event) -> int:
        """Begin the turns of rows that are due. Returns how many that were."""
        if limit <= 0:
            return 0
        async with self._db.reading.of_queues() as session:
            if not await is_any_due(session, self._rows):
                return 0
        async with self._db.sessions.of_queues() as session:
            leases = await claim_due(session, self._rows, limit=limit, seconds=self._pace.lease_seconds)
        for lease in leases:
            turn = Turn(lease, stop=stop)
            self._keeper.keep(turn)
            task = group.create_task(self._take(turn), name=f"{self.name} {lease.key}")
            self._turns.add(task)
            task.add_done_callback(self._ended)
        return len(leases)

    async def _take(self, turn: Turn[Owned]) -> None:
        """Work one row and give it back; whatever breaks ends this turn only."""
        names = {"loop": self.name, "tenant_id": str(turn.state.tenant_id)}
        try:
            await self._end(turn, await self._worked(turn))
        except LeaseLost:
            log.warning("due.lease_lost", **names)
        except DATABASE_TROUBLE as trouble:  # the lease runs out by itself
            log.warning("due.turn_not_ended", **names, error=describe(trouble))
        finally:
            self._keeper.let_go(turn)

    async def _end(self, turn: Turn[Owned], result: TurnResult) -> None:
        """Give the row back, with a pause when what follows from its turn breaks."""
        try:
            await self._give_back(turn, result)
        except LeaseLost:
            raise
        except Exception as error:
            if isinstance(error, DATABASE_TROUBLE):
                raise
            await self._give_back(turn, self._failed(turn, error))

    async def _give_back(self, turn: Turn[Owned], result: TurnResult) -> None:
        """Release the row, and write what follows from its turn in the same transaction."""
        async with self._db.sessions.of(turn.state.tenant_id) as session:
            await release(session, turn.lease, due_in=result.due_in, **result.values)
            if result.follow is not None:
                await result.follow(session)

    async def _worked(self, turn: Turn[Owned]) -> TurnResult:
        """Work the row. Returns what became of it, a pause where the work raised."""
        try:
            result = await self._work(turn)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - one row's trouble must never stop the others
            return self._failed(turn, error)
        return result if self._rows.failures is None else _counting(result, self._rows.failures.name, 0)

    def _failed(self, turn: Turn[Owned], error: Exception) -> TurnResult:
        failures, pause = turn.lease.failures + 1, self._pace.backoff.seconds(turn.lease.failures)
        names = {"loop": self.name, "tenant_id": str(turn.state.tenant_id), "failures": failures}
        if isinstance(error, (ConnectorError, *DATABASE_TROUBLE)):
            log.warning("due.turn_failed", **names, error=describe(error))
        else:
            log.error("due.turn_broke", **names, exc_info=error)
        if isinstance(error, TransientError) and error.retry_after is not None:
            pause = max(pause, error.retry_after.total_seconds())
        if self._rows.failures is None:  # nobody counts: then seldom rather than again and again
            return TurnResult(self._pace.backoff.longest)
        return TurnResult(pause, {self._rows.failures.name: failures})

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._turns.discard(task)
        self._woken.set()

    async def _end_of_turns(self) -> None:
        if self._turns:
            await asyncio.wait(self._turns)

    @asynccontextmanager
    async def _renewing(self) -> AsyncIterator[asyncio.TaskGroup]:
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keeper.run(done))
            try:
                yield group
            finally:
                done.set()


def _counting(result: TurnResult, name: str, failures: int) -> TurnResult:
    """The same result, with the count of failures unless it names its own."""
    return TurnResult(result.due_in, {name: failures, **result.values}, result.follow)
