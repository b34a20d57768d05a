"""Turns at due rows: one process each, renewed while it lasts, given back with what came of it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.due import LeaseLost, release, write
from common.db.due_loop import Held, LeaseKeeper, Turn, TurnResult, renewed
from common.errors import TransientError
from support.due import LEASE_SECONDS, PACE, TENANT, Job, Jobs, Recorder
from support.eventually import eventually
from support.inbox import running

HOLDER = Path(__file__).with_name("holder.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
OFTEN = 60_000  # renewals in the time of a lease: one every 10 ms


async def test_every_due_row_has_one_turn_however_many_processes_take_them(jobs: Jobs) -> None:
    await jobs.add(*(f"{number:02}" for number in range(10)))
    recorders = [Recorder(), Recorder(), Recorder()]
    async with running(*(jobs.loop(recorder) for recorder in recorders)):
        await eventually(lambda: sum(len(one.worked) for one in recorders) == 10)
    worked = [name for one in recorders for name in one.worked]
    assert sorted(worked) == [f"{number:02}" for number in range(10)]
    assert {row.due_at for row in await jobs.all()} == {None}


async def test_what_came_of_a_turn_and_what_follows_are_kept_together(jobs: Jobs) -> None:
    async def also(session: AsyncSession) -> None:
        await session.execute(insert(jobs.rows.table).values(tenant_id=TENANT, name="b", failures=0))

    await jobs.add("a")
    says = TurnResult(3600.0, {"note": "went well"}, follow=also)
    assert await jobs.loop(Recorder(says)).run_once() == 1
    done, added = await jobs.all()
    assert (done.note, done.lease_token, added.name) == ("went well", None, "b")


async def test_a_turn_that_comes_too_late_changes_nothing(jobs: Jobs) -> None:
    """Neither the row nor what would have followed from it."""

    async def also(session: AsyncSession) -> None:
        await session.execute(insert(jobs.rows.table).values(tenant_id=TENANT, name="b", failures=0))

    await jobs.add("a")
    slow = Recorder(TurnResult(None, {"note": "late"}, follow=also), go_on=asyncio.Event())
    late = asyncio.create_task(jobs.loop(slow).run_once())
    await slow.begun.wait()
    await jobs.end_leases()
    (current,) = await jobs.take()
    slow.go_on.set()
    await late
    row = await jobs.one()
    assert (row.note, row.lease_token) == (None, current.token)


async def test_a_long_turn_keeps_its_row(jobs: Jobs) -> None:
    await jobs.add("a")
    slow = Recorder(go_on=asyncio.Event())
    async with running(jobs.loop(slow, replace(PACE, renewals=OFTEN))):
        await slow.begun.wait()
        first = await jobs.one()
        await eventually(lambda: ends_later(jobs, first.until))
        assert (await jobs.one()).lease_token == first.lease_token
        slow.go_on.set()
    assert slow.worked == ["a"]
    assert not slow.turns[0].is_lost


async def test_a_turn_whose_row_was_taken_over_is_told_so(jobs: Jobs) -> None:
    await jobs.add("a")
    slow = Recorder(go_on=asyncio.Event())
    async with running(jobs.loop(slow, replace(PACE, renewals=OFTEN))) as stop:
        await slow.begun.wait()
        assert [turn.must_end for turn in slow.turns] == [False]
        await jobs.change(lease_token=TENANT)
        await eventually(lambda: slow.turns[0].is_lost)
        assert slow.turns[0].must_end
        stop.set()
        slow.go_on.set()


async def test_only_what_is_held_is_renewed(jobs: Jobs) -> None:
    await jobs.add("a", "b")
    mine, others = await jobs.take()
    await jobs.end_leases()
    keeper = LeaseKeeper(jobs.db, LEASE_SECONDS)
    held, gone = Held(mine), Held(others)
    keeper.keep(held)
    keeper.keep(gone)
    keeper.let_go(gone)
    await keeper.renew()
    assert await jobs.taken() == ["b"]
    assert not held.is_lost
    await jobs.change(lease_token=TENANT)
    await keeper.renew()
    assert held.is_lost


async def test_a_row_claimed_by_name_is_renewed_while_the_block_runs(jobs: Jobs) -> None:
    await jobs.add("a")
    (lease,) = await jobs.take()
    async with renewed(jobs.db, lease, LEASE_SECONDS, OFTEN) as held:
        first = await jobs.one()
        await eventually(lambda: ends_later(jobs, first.until))
        async with jobs.db.sessions.of_all_tenants() as session:
            await write(session, lease, note="under way")
        assert not held.is_lost
        async with jobs.db.sessions.of_all_tenants() as session:
            await release(session, lease, due_in=None)
    row = await jobs.one()
    assert (row.note, row.lease_token) == ("under way", None)
    with pytest.raises(LeaseLost):
        async with jobs.db.sessions.of_all_tenants() as session:
            await write(session, lease, note="after the end")


@pytest.mark.crash
async def test_what_a_killed_process_held_is_taken_over_when_its_lease_has_run_out(
    jobs: Jobs, database_url: str
) -> None:
    """It renews for as long as it lives, and nobody gives back what it held."""
    await jobs.add("a")
    command = (sys.executable, HOLDER, database_url)
    process = await asyncio.create_subprocess_exec(*command, env=ENVIRONMENT, stdout=PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        first = await jobs.one()
        await eventually(lambda: ends_later(jobs, first.until))
    finally:
        process.kill()
        await process.wait()
    assert (await jobs.one()).lease_token == first.lease_token
    await eventually(lambda: can_be_taken(jobs), within=60)


async def test_pauses_after_failures_grow_and_a_good_turn_ends_them(jobs: Jobs) -> None:
    await jobs.add("a")
    pauses = []
    for _ in range(6):
        await jobs.change(due_at=(await jobs.one()).now)
        await jobs.loop(Recorder(ValueError("Erika"))).run_once()
        pauses.append(await jobs.due_in())
    assert [round(pause, -2) for pause in pauses] == [100, 200, 400, 800, 1000, 1000]
    assert (await jobs.one()).failures == 6
    await jobs.change(due_at=(await jobs.one()).now)
    await jobs.loop(Recorder(TurnResult(3600.0))).run_once()
    assert (await jobs.one()).failures == 0


async def test_who_is_asked_to_come_later_does(jobs: Jobs) -> None:
    await jobs.add("a")
    busy = TransientError("busy", retry_after=timedelta(hours=1))
    await jobs.loop(Recorder(busy)).run_once()
    assert 3000 < await jobs.due_in() <= 3600


async def test_a_table_that_counts_no_failures_has_the_longest_pause(jobs: Jobs) -> None:
    await jobs.add("a")
    jobs.rows = replace(jobs.rows, failures=None)
    await jobs.loop(Recorder(ValueError("Erika"))).run_once()
    assert 500 < await jobs.due_in() <= 1000


async def test_one_rows_trouble_does_not_stop_the_others(jobs: Jobs) -> None:
    await jobs.add("bad", "good", "next")
    recorder = Recorder()

    async def work(turn: Turn[Job]) -> TurnResult:
        result = await recorder(turn)
        if recorder.worked[-1] == "bad":
            raise ValueError("Erika")
        return result

    async with running(jobs.loop(work, replace(PACE, at_once=1))):
        await eventually(lambda: len(recorder.worked) == 3)
    assert recorder.worked == ["bad", "good", "next"]


async def test_what_breaks_at_the_end_of_a_turn_pauses_its_row_and_stops_no_other(jobs: Jobs) -> None:
    async def breaks(session: AsyncSession) -> None:
        raise ValueError("Erika")

    await jobs.add("bad", "next")
    recorder = Recorder(TurnResult(None, {"note": "went well"}, follow=breaks))
    async with running(jobs.loop(recorder, replace(PACE, at_once=1))):
        await eventually(lambda: len(recorder.worked) == 2)
    assert recorder.worked == ["bad", "next"]
    assert {(row.note, row.lease_token) for row in await jobs.all()} == {(None, None)}
    assert None not in {row.due_at for row in await jobs.all()}


async def test_a_stop_claims_nothing_more_and_lets_turns_end(jobs: Jobs) -> None:
    await jobs.add("a", "b", "c", "d", "e")
    slow = Recorder(TurnResult(None, {"note": "done"}), go_on=asyncio.Event())
    async with running(jobs.loop(slow)) as stop:
        await eventually(lambda: len(slow.turns) == PACE.at_once)
        stop.set()
        assert all(turn.must_end for turn in slow.turns)
        slow.go_on.set()
    assert [row.note for row in await jobs.all()] == ["done", "done", "done", None, None]
    assert await jobs.taken() == ["d", "e"]


async def test_no_more_turns_at_once_than_the_pace_allows(jobs: Jobs) -> None:
    await jobs.add(*(f"{number:02}" for number in range(8)))
    at_work, most, recorder = 0, 0, Recorder()

    async def work(turn: Turn[Job]) -> TurnResult:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return await recorder(turn)

    async with running(jobs.loop(work)):
        await eventually(lambda: len(recorder.worked) == 8)
    assert most == PACE.at_once


async def test_who_is_woken_looks_at_once(jobs: Jobs) -> None:
    recorder, looks = Recorder(), 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    loop = jobs.loop(recorder, replace(PACE, look_seconds=3600.0), each_look=look)
    async with running(loop):
        await eventually(lambda: looks == 1)
        await jobs.add("a")
        loop.wake()
        await eventually(lambda: recorder.worked == ["a"])


async def test_trouble_with_the_look_keeps_nothing_due_from_being_worked(jobs: Jobs) -> None:
    recorder = Recorder()

    async def look() -> None:
        raise OperationalError("a look", {}, Exception("one bad row"))

    await jobs.add("a")
    async with running(jobs.loop(recorder, each_look=look)):
        await eventually(lambda: recorder.worked == ["a"])


async def can_be_taken(jobs: Jobs) -> bool:
    """Whether the row is not held by anybody else any more; then it is ours."""
    return await jobs.taken() == ["a"]


async def ends_later(jobs: Jobs, moment: object) -> bool:
    """Whether the only row's lease ends later than it did."""
    row = await jobs.one()
    return bool(row.until > moment)
