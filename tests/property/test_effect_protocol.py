"""The effect protocol under every interleaving, pause and crash: never two vouchers, and always an end.

With any one guard taken away the same search finds a duplicate, so it sees what the guards are for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from common.effects.attempts import ArmRequest, Attempt
from common.effects.effect import Bound, Parked
from common.effects.looks import Look, LookRules
from common.settings import EffectSettings
from support.effect_world import POINTS, SETTINGS, Worker, World, finish
from support.memory_attempts import MemoryAttempts, Row

WORKERS = 3
WHO = st.integers(0, WORKERS - 1)


class Duplicate(AssertionError):
    """The books hold the document twice."""


class Protocol(RuleBasedStateMachine):
    """Workers, time, the network, the books and their user, each moved by rules."""

    def __init__(self, make_world: Callable[[], World] = World, rules: LookRules | None = None) -> None:
        super().__init__()
        self.world = make_world()
        self.workers = [Worker(self.world, rules) for _ in range(WORKERS)]

    @rule(who=WHO)
    def go_one_step(self, who: int) -> None:
        self.workers[who].step()

    @rule(who=WHO, to=st.sampled_from(POINTS))
    def go_until(self, who: int, to: str) -> None:
        self.workers[who].run(to)

    @rule(who=WHO)
    def crash(self, who: int) -> None:
        self.workers[who].crash()

    @rule(seconds=st.integers(1, 9))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.world.tick()

    @precondition(lambda self: self.world.under_way)
    @rule(lag=st.sampled_from([0.0, 1.0]), which=st.integers(0, 5))
    def commit(self, lag: float, which: int) -> None:
        waiting = self.world.under_way
        self.world.commit(waiting[which % len(waiting)], lag)

    @precondition(lambda self: self.world.under_way)
    @rule(end=st.sampled_from(["refused", "lost"]))
    def never_arrives(self, end: str) -> None:
        self.world.under_way[0].state = end

    @precondition(lambda self: any(message.state == "committed" for message in self.world.messages))
    @rule()
    def answers_are_lost(self) -> None:
        for message in self.world.messages:
            if message.state == "committed":
                message.state = "unanswered"

    @precondition(lambda self: self.world.stale_from is None and self.world.vouchers)
    @rule()
    def a_replica_falls_behind(self) -> None:
        self.world.stale_from = self.world.now

    @invariant()
    def never_twice(self) -> None:
        if len(self.world.ours) > 1:
            raise Duplicate

    @invariant()
    def bound_to_a_voucher_of_ours(self) -> None:
        bound = self.world.attempts.bindings.get(self.world.key)
        assert bound is None or bound.external_id in {voucher.id for voucher in self.world.ours}

    def teardown(self) -> None:
        for worker in self.workers[1:]:
            worker.crash()
        result = finish(self.world, self.workers[0])
        self.never_twice()
        assert isinstance(result, Bound | Parked), result
        if isinstance(result, Bound):
            assert [voucher.id for voucher in self.world.ours] == [result.external_id]


class ProtocolWithUser(Protocol):
    """The same with a user who books the number by hand and takes markers away."""

    @precondition(lambda self: len(self.world.vouchers) == len(self.world.ours))
    @rule()
    def number_is_booked_by_hand(self) -> None:
        self.world.book_by_hand()

    @precondition(lambda self: self.world.vouchers)
    @rule()
    def marker_is_taken_away(self) -> None:
        self.world.vouchers[0].marked = False


class NoCompare(MemoryAttempts):
    """Arms whatever stands there by now."""

    def _insert(
        self, request: ArmRequest, last_number: int, state: str, external_id: str | None
    ) -> Attempt | None:
        rows = self.rows.setdefault(request.key, [])
        attempt = Attempt(uuid4(), len(rows) + 1, state, self.now())
        rows.append(Row(attempt, external_id))
        return attempt


class OneEmptySearch(LookRules):
    """Believes the first trusted empty search."""

    def proves_absence(self, armed_at: datetime, looks: Sequence[Look]) -> bool:
        return bool(self._trusted_empties(armed_at, looks))


class AnyTwoSearches(LookRules):
    """Believes two empty searches whenever they began."""

    def trusted(self, armed_at: datetime, look: Look) -> bool:
        return True


def without(part: str) -> EffectSettings:
    """The waits with one part of the trust time left out."""
    return SETTINGS.model_copy(update={part: 0.001})


@dataclass(frozen=True)
class Mutant:
    """The protocol with one guard taken away."""

    guard: str
    world: Callable[[], World] = World
    rules: LookRules | None = None

    def __str__(self) -> str:
        return self.guard


MUTANTS = [
    Mutant("the gate before the last byte", partial(World, checks_gate=False)),
    Mutant("compare-and-set when arming", partial(World, store=NoCompare)),
    Mutant(
        "the trust time: commit delay", partial(World, SETTINGS.model_copy(update={"commit_delay": 0.01}))
    ),
    Mutant(
        "the trust time: server patience",
        partial(World, SETTINGS.model_copy(update={"server_patience": 0.01})),
    ),
    Mutant("searching twice", rules=OneEmptySearch(SETTINGS)),
    Mutant("searching after the trust time", rules=AnyTwoSearches(SETTINGS)),
]
HUNT = settings(
    max_examples=5_000,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PROOF = settings(HUNT, max_examples=400, stateful_step_count=60)


@pytest.mark.parametrize("machine", [Protocol, ProtocolWithUser])
def test_the_books_never_hold_a_document_twice_and_every_document_is_decided(
    machine: type[Protocol],
) -> None:
    run_state_machine_as_test(machine, settings=PROOF)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_every_guard_is_needed(mutant: Mutant) -> None:
    class Mutated(Protocol):
        def __init__(self) -> None:
            super().__init__(mutant.world, mutant.rules)

    with pytest.raises(Duplicate):
        run_state_machine_as_test(Mutated, settings=HUNT)
