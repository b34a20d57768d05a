"""Rows that are due are held by one process at a time, and who comes too late changes nothing."""

import asyncio
from dataclasses import replace

import pytest
import time_machine

from common.db.dialect import db_now
from common.db.due import Lease, LeaseLost, claim, is_any_due, release, renew, write
from support.due import LEASE_SECONDS, OTHER, SHAPES, TENANT, WITH_TWO_COLUMNS, Job, Jobs

SECONDS = 100.0


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """Each way in which a table says that a row is due, and that it is held."""
    return str(request.param)


async def test_two_claims_at_once_never_take_the_same_row(jobs: Jobs) -> None:
    await jobs.add(*(f"{number:02}" for number in range(12)))
    taken = await asyncio.gather(*(jobs.taken(limit=3) for _ in range(6)))
    names = [name for claimed in taken for name in claimed]
    assert len(names) == len(set(names))
    rest = await jobs.taken(limit=12)
    assert sorted([*names, *rest]) == [f"{number:02}" for number in range(12)]


async def test_what_is_not_due_yet_or_never_is_left_alone(jobs: Jobs) -> None:
    await jobs.add("later", due_in=3600.0)
    await jobs.add("never", due_in=None)
    async with jobs.db.reading.of_all_tenants() as session:
        assert not await is_any_due(session, jobs.rows)
    assert await jobs.taken() == []


async def test_a_further_condition_keeps_a_row_from_being_due(jobs: Jobs) -> None:
    await jobs.add("off", "on")
    jobs.rows = replace(jobs.rows, only=jobs.rows.table.c.name != "off")
    assert await jobs.taken() == ["on"]
    async with jobs.db.reading.of_all_tenants() as session:
        assert not await is_any_due(session, jobs.rows)


async def test_a_lease_that_ran_out_is_taken_over_and_its_holder_changes_nothing(jobs: Jobs) -> None:
    await jobs.add("a")
    (late,) = await jobs.take()
    assert await jobs.take() == []
    await jobs.end_leases()
    (current,) = await jobs.take()
    with pytest.raises(LeaseLost):
        await written(jobs, late)
    with pytest.raises(LeaseLost):
        await given_back(jobs, late)
    row = await jobs.one()
    assert (row.note, row.lease_token) == (None, current.token)
    assert await jobs.is_held()


async def test_with_a_late_last_write_goes_all_of_its_transaction(jobs: Jobs) -> None:
    await jobs.add("a", "b")
    (late, other) = await jobs.take()
    await jobs.end_leases()
    await jobs.take(limit=1)
    with pytest.raises(LeaseLost):
        await given_back(jobs, other, late)
    assert [row.note for row in await jobs.all()] == [None, None]


async def test_a_lease_that_ran_out_and_that_nobody_took_is_still_its_holders(jobs: Jobs) -> None:
    await jobs.add("a")
    (lease,) = await jobs.take()
    await jobs.end_leases()
    async with jobs.db.sessions.of_all_tenants() as session:
        await write(session, lease, note="found out")
        assert await renew(session, [lease], seconds=LEASE_SECONDS) == {lease}
    assert await jobs.take() == []
    assert (await jobs.one()).note == "found out"


async def test_a_renewed_lease_is_kept_and_one_that_was_taken_over_is_not_renewed(jobs: Jobs) -> None:
    await jobs.add("a", "b")
    kept, lost = await jobs.take()
    await jobs.end_leases()
    await renewed_in(jobs, [kept])
    (current,) = await jobs.take()
    assert current.state == lost.state
    assert await renewed_in(jobs, [kept, lost, current]) == {kept, current}
    assert await jobs.take() == []


async def test_a_row_given_back_is_due_when_its_holder_said(jobs: Jobs) -> None:
    await jobs.add("a")
    for due_in in (SECONDS, 0.0, None):
        await jobs.change(due_at=(await jobs.one()).now)
        (lease,) = await jobs.take()
        async with jobs.db.sessions.of_all_tenants() as session:
            await release(session, lease, due_in=due_in, note="done")
        row = await jobs.one()
        assert (row.lease_token, row.note) == (None, "done")
        if due_in is None:
            assert row.due_at is None
        else:
            assert abs((row.due_at - row.now).total_seconds() - due_in) < SECONDS / 2


@pytest.mark.parametrize("shape", [WITH_TWO_COLUMNS])  # the one column of the other is held by the lease
async def test_a_row_that_somebody_made_due_meanwhile_stays_due(jobs: Jobs) -> None:
    """Whoever links a shop anew must not wait for the pause of the run that found the old link gone."""
    await jobs.add("a")
    (lease,) = await jobs.take()
    await jobs.change(due_at=db_now())
    async with jobs.db.sessions.of(TENANT) as session:
        await release(session, lease, due_in=3600.0)
    assert await jobs.taken() == ["a"]


async def test_a_row_that_was_never_due_is_due_when_its_holder_says(jobs: Jobs) -> None:
    await jobs.add("a", due_in=None)
    lease = await by_name(jobs, "a")
    assert lease is not None
    async with jobs.db.sessions.of(TENANT) as session:
        await release(session, lease, due_in=-1.0)
    assert await jobs.taken() == ["a"]


async def test_the_longest_due_goes_first(jobs: Jobs) -> None:
    await jobs.add("second", due_in=-10.0)
    await jobs.add("first", due_in=-20.0)
    jobs.rows = replace(jobs.rows, fair_by=None)
    assert await jobs.taken(limit=1) == ["first"]
    assert await jobs.taken() == ["second"]


async def test_the_first_of_each_tenant_goes_before_the_second_of_any(jobs: Jobs) -> None:
    await jobs.add("a1", "a2", "a3", due_in=-3600.0)
    await jobs.add("b1", tenant=OTHER, due_in=-1.0)
    assert await jobs.taken(limit=2) == ["a1", "b1"]


async def test_who_holds_rows_stands_behind_who_holds_none(jobs: Jobs) -> None:
    """One place that gets free at a time must not always go to the tenant with the older rows."""
    await jobs.add("a1", "a2", "a3", due_in=-3600.0)
    assert await jobs.taken(limit=2) == ["a1", "a2"]
    await jobs.add("b1", tenant=OTHER, due_in=-1.0)
    assert await jobs.taken(limit=1) == ["b1"]
    assert await jobs.taken(limit=1) == ["a3"]


async def test_the_clock_is_the_databases(jobs: Jobs) -> None:
    """However wrong the clock of a process is, it takes what is due and nothing else."""
    await jobs.add("due")
    await jobs.add("later", due_in=3600.0)
    with time_machine.travel("2001-01-01T00:00:00Z", tick=False):
        assert await jobs.taken() == ["due"]
    with time_machine.travel("2099-01-01T00:00:00Z", tick=False):
        assert await jobs.take() == []


async def test_a_row_is_claimed_by_name_whether_it_is_due_or_not(jobs: Jobs) -> None:
    await jobs.add("a", "b", due_in=None)
    first = await by_name(jobs, "a")
    assert first is not None
    assert first.state == Job(TENANT, "a")
    assert await by_name(jobs, "a") is None
    assert await by_name(jobs, "there is none") is None
    await jobs.end_leases()
    second = await by_name(jobs, "a")
    assert second is not None
    assert second.token != first.token


async def by_name(jobs: Jobs, name: str) -> Lease[Job] | None:
    """Claim this row."""
    async with jobs.db.sessions.of_all_tenants() as session:
        return await claim(session, jobs.rows, (TENANT, name), seconds=LEASE_SECONDS)


async def renewed_in(jobs: Jobs, leases: list[Lease[Job]]) -> set[Lease[Job]]:
    """Those of the leases that were renewed."""
    async with jobs.db.sessions.of_all_tenants() as session:
        return await renew(session, leases, seconds=LEASE_SECONDS)


async def written(jobs: Jobs, lease: Lease[Job]) -> None:
    """Write for the row, as work under way does."""
    async with jobs.db.sessions.of_all_tenants() as session:
        await write(session, lease, note="written")


async def given_back(jobs: Jobs, *leases: Lease[Job]) -> None:
    """Give the rows back in one transaction."""
    async with jobs.db.sessions.of_all_tenants() as session:
        for lease in leases:
            await release(session, lease, due_in=0.0, note="given back")
