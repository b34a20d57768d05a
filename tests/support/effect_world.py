"""A small world in which nothing moves by itself: workers stop at every await, time passes when told to.

The far side is as unkind as the protocol allows: it commits up to D after the last byte, shows it up to L
later, closes a half-sent request after S, loses answers, refuses, and once a stale replica answers searches
for less than L. Somebody in between refuses what goes on its way all the same (weather). The database's clock
may be set, forwards and back; those of the machines never are. Everything is a step of the test, so every
interleaving and every crash can be reached.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from common.effects.effect import NOTHING, Bound, EffectResult, OnBound, Parked, SearchResult
from common.effects.gate import Gate
from common.effects.runner import EffectRunner
from common.effects.searches import ReconcileSchedule
from common.effects.witness import Witness
from common.errors import ConnectorError
from common.http.errors import OutcomeLost, RateLimited
from common.http.health import Call
from common.http.transport import Response
from common.lexware.errors import error_for
from common.settings import EffectSettings
from support.memory_attempts import MemoryAttempts
from support.stepping import Stepped, pause

POINTS = ("arm", "armed", "gate", "last byte", "answer", "found")
START = datetime(2026, 3, 2, tzinfo=UTC)
TENANT = UUID(int=1)
KEY = "voucher:org:shop:invoice:1"
G, S, D, L = 1.0, 6.0, 6.0, 1.0
SETTINGS = EffectSettings(
    gate=G,
    server_patience=S,
    commit_delay=D,
    read_lag=L,
    clock_doubt=0.001,
    first_look=0.5,
    second_look=2.0,
    max_attempts=3,
)


def foreign_page() -> ConnectorError:
    """What our client makes of a page of somebody in between."""
    page = Response(403, {}, b"<html>Access denied</html>")
    return error_for(Call("POST", "/v1/vouchers", safe=False), page)


@dataclass
class Message:
    """A request on its way into the books; gone when committed, lost or refused.

    `weather`: somebody in between has answered for the books, and the request is on its way all the same.
    """

    due: float
    state: str = "under way"
    voucher: str | None = None
    weather: bool = False


@dataclass
class Voucher:
    """What the books hold: since when a search shows it, whether we wrote it and whether it is marked."""

    id: str
    visible_at: float
    ours: bool = True
    marked: bool = True


@dataclass
class World:
    """Time, the books, and one document that several workers try to write."""

    settings: EffectSettings = SETTINGS
    checks_gate: bool = True
    weather: Callable[[], ConnectorError] = foreign_page
    now: float = 0.0
    database_ahead: float = 0.0
    messages: list[Message] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    stale_from: float | None = None
    store: type[MemoryAttempts] = MemoryAttempts
    attempts: MemoryAttempts = field(init=False)

    def __post_init__(self) -> None:
        self.attempts = self.store(self.moment, pause)

    @property
    def under_way(self) -> list[Message]:
        return [message for message in self.messages if message.state == "under way"]

    @property
    def ours(self) -> list[Voucher]:
        return [voucher for voucher in self.vouchers if voucher.ours]

    def moment(self) -> datetime:
        """The database's clock."""
        return START + timedelta(seconds=self.now + self.database_ahead)

    def seconds(self) -> float:
        """The boot clock of the machines."""
        return self.now

    def tick(self) -> None:
        """Time goes on; what is due by then happens at the latest moment."""
        for message in self.under_way:
            if message.due < self.now + 1:
                self.commit(message, L)
        self.now += 1

    def commit(self, message: Message, lag: float) -> None:
        voucher = Voucher(f"v{len(self.vouchers)}", self.now + lag)
        self.vouchers.append(voucher)
        message.state, message.voucher = "committed", voucher.id

    def book_by_hand(self) -> None:
        """A user books the number without knowing of us."""
        self.vouchers.append(Voucher(f"v{len(self.vouchers)}", self.now, ours=False, marked=False))

    def stale(self) -> bool:
        """Whether searches are answered by the replica that lags for less than L, once."""
        return self.stale_from is not None and self.stale_from <= self.now < self.stale_from + L

    # The document as an effect: key, marker, payload and the three things a runner does with it.

    key = KEY
    tenant_id = TENANT
    marker = "#m"
    payload = b"{}"
    decision: Any = field(default_factory=dict)

    async def prepare(self) -> None:
        await pause("prepare")

    async def send(self, gate: Gate) -> str:
        await pause("prefix")
        prefix_at = self.now
        await pause("gate")
        if self.checks_gate:
            gate.check()
        await pause("last byte")
        if self.now > prefix_at + S:
            raise OutcomeLost("the server closed the half-sent request")
        message = Message(self.now + D)
        self.messages.append(message)
        await pause("answer")
        if message.weather:
            raise self.weather()
        if message.state == "refused":
            raise RateLimited
        if message.voucher is None or message.state == "unanswered":
            raise OutcomeLost("no answer")
        return message.voucher

    async def search(self) -> SearchResult:
        await pause("search")
        seen = [] if self.stale() else [one for one in self.vouchers if one.visible_at <= self.now]
        result = SearchResult(
            True,
            tuple(one.id for one in seen if one.marked),
            tuple(one.id for one in seen if not one.marked),
        )
        await pause("found")
        return result

    def on_bound(self, external_id: str, how: str) -> OnBound[Any]:
        return NOTHING


class Worker(Stepped[EffectResult]):
    """A process that ensures the document."""

    def __init__(self, world: World, schedule: ReconcileSchedule | None) -> None:
        super().__init__()
        self._world, self._schedule = world, schedule
        self._witness = Witness(world.seconds)

    def begin(self) -> Coroutine[Any, Any, EffectResult]:
        runner = EffectRunner(
            None,
            self._world.settings,
            attempts=self._world.attempts,
            schedule=self._schedule,
            clock=self._world.seconds,
            witness=self._witness,
        )
        return runner.ensure(self._world)

    def crash(self) -> None:
        """End in the middle; the successor knows nothing of before."""
        super().crash()
        self._witness = Witness(self._world.seconds)


def finish(world: World, worker: Worker) -> EffectResult | None:
    """No more faults: let time pass and one worker work until the document is decided."""
    for _ in range(150):
        worker.run()
        for message in world.under_way:
            world.commit(message, 0)
        while not worker.idle:
            worker.step()
        if isinstance(worker.result, Bound | Parked):
            return worker.result
        world.tick()
    return None
