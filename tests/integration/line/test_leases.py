"""A lease is renewed while a handler runs, ends with a dead worker, and guards the last write."""

import asyncio
from uuid import uuid4

from common.db.engine import Database
from common.db.models.line import InboxKeyRow
from common.domain.stored_words import MessageState
from common.inbox.claim import ClaimRequest, claim, release, renew
from common.inbox.finish import Finished, finish
from common.inbox.messages import Done, Message, RawMessage
from support.eventually import eventually
from support.inbox import (
    CONSUMER,
    FAST,
    Recorder,
    deliver,
    end_leases,
    inbox_rows,
    inbox_states,
    key_rows,
    order,
    running,
    worker,
)


async def take(db: Database, limit: int = 10) -> tuple[list[RawMessage], ClaimRequest]:
    """Claim as a worker does that then never comes back."""
    wanted = ClaimRequest(CONSUMER, limit, 0, uuid4(), 60.0)
    async with db.sessions.of_all_tenants() as session:
        return await claim(session, wanted), wanted


async def test_what_a_dead_worker_held_is_done_by_another_after_its_lease(database: Database) -> None:
    await deliver(database, order("a"), order("a"), order("b"))
    held, _ = await take(database)
    assert [message.ordering_key for message in held] == [order("a").ordering_key, order("b").ordering_key]
    recorder = Recorder()
    await worker(database, recorder).run_until_idle()
    assert recorder.handled == []
    await end_leases(database)
    await worker(database, recorder).run_until_idle()
    assert sorted(recorder.handled) == ["a", "a", "b"]


async def test_a_worker_that_comes_too_late_changes_nothing(database: Database) -> None:
    await deliver(database, order("a"), order("a"))
    (message,), late = await take(database)
    await end_leases(database)
    _, current = await take(database)
    async with database.sessions.of_all_tenants() as session:
        await finish(session, CONSUMER, [Finished(message, late.token, MessageState.DONE)])
        assert await renew(session, CONSUMER, [message.ordering_key], late.token, 60) == set()
        await release(session, CONSUMER, [message.ordering_key], late.token)
    assert await inbox_states(database) == ["ready", "ready"]
    (key,) = await key_rows(database)
    assert key.lease_token == current.token


async def test_a_long_handler_keeps_its_lease(database: Database) -> None:
    """The lease moves on while it has most of its time left, so a process that stalls a little keeps it."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: Message) -> Done:
        begun.set()
        await go_on.wait()
        return Done()

    await deliver(database, order("a"))
    slow, other = Recorder(answer), Recorder(answer)  # whichever gets it
    settings = FAST.model_copy(update={"lease_seconds": 6.0})
    async with running(worker(database, slow, settings), worker(database, other, settings)):
        await begun.wait()
        (first,) = await key_rows(database)
        await eventually(lambda: renewed(database, first))
        go_on.set()
        await eventually(lambda: done(database))
    assert len(slow.messages) + len(other.messages) == 1


async def test_a_lease_that_is_not_renewed_would_have_ended(database: Database) -> None:
    """The counterpart of the test before: without renewal another worker does take over."""
    await deliver(database, order("a"))
    async with database.sessions.of_all_tenants() as session:
        await claim(session, ClaimRequest(CONSUMER, 1, 0, uuid4(), 0.2))
    recorder = Recorder()
    async with running(worker(database, recorder)):
        await eventually(lambda: recorder.handled == ["a"])


async def test_a_stop_finishes_what_runs_and_gives_back_the_rest(database: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: Message) -> Done:
        begun.set()
        await go_on.wait()
        return Done()

    await deliver(database, *(order(f"k{number}") for number in range(10)))
    recorder = Recorder(answer)
    settings = FAST.model_copy(update={"concurrency": 2})
    async with running(worker(database, recorder, settings)) as stop:
        await begun.wait()
        stop.set()
        await eventually(lambda: released(database, 2))
        go_on.set()
    assert sorted(recorder.handled) == ["k0", "k1"]
    assert (await inbox_states(database)).count("ready") == 8
    rest = Recorder()
    await worker(database, rest).run_until_idle()
    assert len(rest.handled) == 8


async def test_a_message_of_an_earlier_try_knows_how_often_it_failed(database: Database) -> None:
    async def answer(message: Message) -> Done | Exception:
        return KeyError("Erika") if message.attempts < 2 else Done()

    await deliver(database, order("a"))
    recorder = Recorder(answer)
    await worker(database, recorder).run_until_idle()
    (row,) = await inbox_rows(database)
    assert (row.state, row.attempts) == ("done", 2)
    assert row.last_error is not None
    assert row.last_error.startswith("KeyError at ")
    assert "Erika" not in row.last_error


async def renewed(db: Database, first: InboxKeyRow) -> bool:
    """Whether the lease of the key ends later than it did at first, and is still the same one."""
    (key,) = await key_rows(db)
    assert key.lease_token == first.lease_token
    assert key.due_at is not None
    assert first.due_at is not None
    return key.due_at > first.due_at


async def done(db: Database) -> bool:
    """Whether every message is done."""
    return set(await inbox_states(db)) == {"done"}


async def released(db: Database, leased: int) -> bool:
    """Whether only so many keys are still leased."""
    return sum(key.lease_token is not None for key in await key_rows(db)) == leased
