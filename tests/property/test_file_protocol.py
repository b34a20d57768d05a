"""The file of a voucher: looked for after any doubt, repeated when it is not there, and never in a loop."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from common.domain.stored_words import AttemptState
from common.http.errors import OutcomeLost
from common.later import Later
from support.file_world import (
    KEY,
    LOOK_AFTER,
    FileAttached,
    FileResult,
    FileWorker,
    FileWorld,
    calm_world,
)
from support.stepping import pause

POINTS = ("arm", "armed", "upload", "answer", "look", "looked", "bind", "absent")
WHO = st.integers(0, 1)
PROOF = settings(
    max_examples=200, stateful_step_count=50, derandomize=True, suppress_health_check=list(HealthCheck)
)
LOST = OutcomeLost("no answer")
UNCONFIRMED = "file_unconfirmed"


class Protocol(RuleBasedStateMachine):
    """Two workers, time, the network and the books, each moved by rules."""

    workers_at_once = 2

    def __init__(self) -> None:
        super().__init__()
        self.world = FileWorld(pause, alone=self.workers_at_once == 1)
        self.workers = [FileWorker(self.world) for _ in range(self.workers_at_once)]

    @rule(who=WHO)
    def go_one_step(self, who: int) -> None:
        self.workers[who % len(self.workers)].step()

    @rule(who=WHO, to=st.sampled_from(POINTS))
    def go_until(self, who: int, to: str) -> None:
        self.workers[who % len(self.workers)].run(to)

    @rule(who=WHO)
    def crash(self, who: int) -> None:
        self.workers[who % len(self.workers)].crash()

    @rule(seconds=st.sampled_from([1, 5, 10, 60, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.now += seconds

    @precondition(lambda self: self.world.under_way)
    @rule(lag=st.sampled_from([0.0, 3.0]), which=st.integers(0, 5))
    def commit(self, lag: float, which: int) -> None:
        waiting = self.world.under_way
        self.world.commit(waiting[which % len(waiting)], lag)

    @precondition(lambda self: self.world.under_way)
    @rule(end=st.sampled_from(["refused", "lost"]))
    def never_arrives(self, end: str) -> None:
        self.world.under_way[0].state = end

    @precondition(lambda self: any(one.state == "committed" for one in self.world.uploads))
    @rule()
    def answers_are_lost(self) -> None:
        for upload in self.world.uploads:
            if upload.state == "committed":
                upload.state = "unanswered"

    @rule(hidden=st.booleans(), down=st.booleans())
    def books_are_in_trouble(self, hidden: bool, down: bool) -> None:
        self.world.hidden, self.world.down = hidden, down

    @invariant()
    def at_most_one_file_is_bound_and_the_books_hold_it(self) -> None:
        bound = self.world.attempts.bindings.get(KEY)
        assert self.world.attached == ([] if bound is None else [bound.external_id])
        assert bound is None or bound.external_id in [one.file_id for one in self.world.uploads]

    @invariant()
    def nobody_is_called_for_a_file(self) -> None:
        assert self.world.attempts.alarms == []

    def teardown(self) -> None:
        for worker in self.workers[1:]:
            worker.crash()
        self.world.hidden = self.world.down = False
        assert isinstance(finish(self.world, self.workers[0]), FileAttached)
        self.at_most_one_file_is_bound_and_the_books_hold_it()


class ProtocolOfOne(Protocol):
    """The same with one worker at a time: nobody else can miss what it saw."""

    workers_at_once = 1


def finish(world: FileWorld, worker: FileWorker) -> FileResult | None:
    """No more faults: one worker works on until the file is decided."""
    for _ in range(60):
        worker.run()
        for upload in world.under_way:
            world.commit(upload)
        while not worker.idle:
            worker.step()
        if not isinstance(worker.result, Later):
            return worker.result
        world.now += max(worker.result.after.total_seconds(), 1)
    return None


@pytest.mark.parametrize("machine", [Protocol, ProtocolOfOne])
def test_a_voucher_gets_its_file_and_is_looked_at_after_every_doubt(machine: type[Protocol]) -> None:
    run_state_machine_as_test(machine, settings=PROOF)


async def test_without_trouble_there_is_one_upload_no_look_and_three_statements() -> None:
    world = calm_world()
    assert await world.ensure() == FileAttached("f0")
    assert world.steps == ["read", "prepare", "arm", "armed", "upload", "answer", "bind"]
    assert await world.ensure() == FileAttached("f0")
    assert world.steps[7:] == ["read"]


KILLED_AT = ("read", "prepare", "arm", "armed", "upload", "answer", "bind")
KILLED_LATER_AT = (*KILLED_AT, "look", "looked", "absent")


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("step", KILLED_AT)
def test_killed_at_any_step_the_next_process_leaves_one_file(step: str, committed: bool) -> None:
    world = FileWorld(pause)
    worker = FileWorker(world)
    go_to(worker, world, step, committed)
    worker.crash()
    assert isinstance(finish(world, FileWorker(world)), FileAttached)
    assert len([one for one in world.uploads if one.file_id]) == 1


@pytest.mark.parametrize("step", KILLED_LATER_AT)
def test_killed_while_it_makes_good_a_lost_upload_the_next_process_leaves_one_file(step: str) -> None:
    world = FileWorld(pause)
    first, second = FileWorker(world), FileWorker(world)
    go_to(first, world, "answer", committed=False)
    first.step()
    world.now += LOOK_AFTER
    go_to(second, world, step, committed=True)
    second.crash()
    assert isinstance(finish(world, FileWorker(world)), FileAttached)
    assert len([one for one in world.uploads if one.file_id]) == 1


def go_to(worker: FileWorker, world: FileWorld, step: str, committed: bool) -> None:
    """Go on to that step; what is on its way is committed or lost by then."""
    while worker.at != step:
        worker.step()
        assert not worker.idle, step
        for upload in world.under_way:
            if committed:
                world.commit(upload)
            else:
                upload.state = "lost"
        if worker.at == "answer" and not committed and step == "bind":
            world.commit(world.uploads[-1])  # only an answered upload comes to its bind


def test_an_answer_that_comes_after_the_look_binds_nothing_and_calls_nobody() -> None:
    world = FileWorld(pause, alone=False)
    late, other = FileWorker(world), FileWorker(world)
    late.run()
    world.now += LOOK_AFTER
    go_to(other, world, "answer", committed=False)
    other.step()
    world.commit(world.uploads[0])
    while not late.idle:
        late.step()
    assert late.result == Later(timedelta(seconds=1), UNCONFIRMED)
    assert (world.attempts.alarms, world.attempts.rows[KEY][-1].attempt.state) == ([], AttemptState.OPEN)
    world.now += LOOK_AFTER
    assert isinstance(finish(world, late), FileAttached)
