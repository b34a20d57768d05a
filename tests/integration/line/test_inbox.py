"""Messages are taken once, worked in order per key, and end in exactly one state."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from common.db.engine import Database
from common.domain.stored_words import MessageState
from common.errors import TransientError, UnknownOutcomeError
from common.inbox.accept import accept
from common.inbox.claim import ClaimRequest, claim
from common.inbox.finish import Finished, finish
from common.inbox.messages import Done, Later, Message
from support.eventually import eventually
from support.inbox import (
    CONSUMER,
    FAST,
    Recorder,
    Verdict,
    deliver,
    inbox_rows,
    inbox_states,
    incoming,
    key_rows,
    order,
    running,
    worker,
)


async def test_a_message_is_taken_once_however_often_it_comes(database: Database) -> None:
    event = order("a")
    assert await deliver(database, event, event) == 1
    assert await deliver(database, event) == 0
    recorder = Recorder()
    await worker(database, recorder).run_until_idle()
    assert recorder.handled == ["a"]
    assert await deliver(database, event) == 0
    assert await inbox_states(database) == ["done"]
    assert await key_rows(database) == []


async def test_messages_of_a_key_are_handled_in_the_order_they_came(database: Database) -> None:
    events = [order("a", id=uuid4()) for _ in range(20)]
    await deliver(database, *events)
    recorder = Recorder()
    await worker(database, recorder).run_until_idle()
    assert [message.event_id for message in recorder.messages] == [event.event_id for event in events]


async def test_a_type_nobody_knows_is_kept_as_ignored_and_holds_nothing_back(database: Database) -> None:
    await deliver(database, incoming(order("a"), type="shop.invoice.issued.v99"), order("a"))
    recorder = Recorder()
    await worker(database, recorder).run_until_idle()
    assert sorted(await inbox_states(database)) == ["done", "ignored"]


async def test_a_known_type_without_handler_is_ignored(database: Database) -> None:
    await deliver(database, incoming(order("a"), type="ingest.shop.fetch.v1"), order("a"))
    recorder = Recorder()
    await worker(database, recorder).run_until_idle()
    assert sorted(await inbox_states(database)) == ["done", "ignored"]


async def test_waiting_counts_no_try_and_keeps_the_key_in_order(database: Database) -> None:
    async def answer(message: Message) -> Later | Done:
        return Later(timedelta(milliseconds=20), "limit") if len(recorder.messages) < 4 else Done()

    recorder = Recorder(answer)
    await deliver(database, order("a"), order("a"))
    await worker(database, recorder).run_until_idle()
    assert [message.attempts for message in recorder.messages] == [0] * 5
    assert len({message.inbox_id for message in recorder.messages[:4]}) == 1


async def test_waiting_really_waits(database: Database) -> None:
    async def answer(_: Message) -> Later:
        return Later(timedelta(hours=1), "limit")

    recorder = Recorder(answer)
    await deliver(database, order("a"))
    await worker(database, recorder).run_until_idle()
    assert len(recorder.messages) == 1
    assert await inbox_states(database) == ["ready"]


async def test_trouble_elsewhere_is_tried_again_without_limit(database: Database) -> None:
    async def answer(message: Message) -> Done | Exception:
        errors = (TransientError("away"), UnknownOutcomeError("unclear"), ConnectionResetError())
        return errors[message.attempts % 3] if message.attempts < 9 else Done()

    recorder = Recorder(answer)
    await deliver(database, order("a"))
    await worker(database, recorder, FAST.model_copy(update={"max_attempts": 2})).run_until_idle()
    assert await inbox_states(database) == ["done"]
    assert [message.attempts for message in recorder.messages] == list(range(10))


async def test_the_other_side_says_when_to_come_back(database: Database) -> None:
    async def answer(_: Message) -> Exception:
        return TransientError("closed", retry_after=timedelta(hours=2))

    await deliver(database, order("a"))
    await worker(database, Recorder(answer)).run_until_idle()
    row, key = (await inbox_rows(database))[0], (await key_rows(database))[0]
    assert row.attempts == 1
    assert row.last_error == "connector.transient: closed"
    assert key.due_at is not None
    assert timedelta(minutes=119) < key.due_at - row.received_at < timedelta(minutes=121)


async def test_two_workers_never_hold_messages_of_one_key_at_once(database: Database) -> None:
    active: set[str] = set()
    clashes: list[str] = []
    both_began = asyncio.Barrier(2)
    began: set[int] = set()

    def worked_by(number: int) -> Callable[[Message], Awaitable[Verdict]]:
        async def answer(message: Message) -> Verdict:
            if message.ordering_key in active:
                clashes.append(message.ordering_key)
            active.add(message.ordering_key)
            if number not in began:
                began.add(number)
                await both_began.wait()
            await asyncio.sleep(0.001)
            active.remove(message.ordering_key)
            return Done()

        return answer

    await deliver(database, *(order(f"k{number % 5}") for number in range(100)))
    one_at_a_time = FAST.model_copy(update={"concurrency": 1, "claim_batch": 1})
    first, second = Recorder(worked_by(1)), Recorder(worked_by(2))
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(database, first, settings=one_at_a_time).run_until_idle(30))
        group.create_task(worker(database, second, settings=one_at_a_time).run_until_idle(30))
    assert clashes == []
    assert len(first.handled) + len(second.handled) == 100
    assert first.handled
    assert second.handled


async def test_arrivals_and_endings_at_once_leave_no_key_behind(database: Database) -> None:
    """Two topics bring messages of the same keys while two workers finish others of them."""
    sent: list[list[UUID]] = [[], []]

    async def bring(writer: int) -> None:
        for number in range(60):
            event = order(f"k{number % 3}")
            await deliver(database, event)
            sent[writer].append(event.event_id)

    recorders = [Recorder(), Recorder()]
    async with running(*(worker(database, recorder) for recorder in recorders)):
        await asyncio.gather(bring(0), bring(1))
        await eventually(lambda: sum(len(recorder.handled) for recorder in recorders) == 120, within=30)
        await eventually(lambda: no_key_left(database))
    states = {row.event_id: row.state for row in await inbox_rows(database)}
    assert states == dict.fromkeys([*sent[0], *sent[1]], "done")


async def test_an_arrival_while_its_key_is_freed_is_not_forgotten(postgres: Database) -> None:
    await deliver(postgres, order("a"))
    wanted = ClaimRequest(CONSUMER, 1, 0, uuid4(), 60.0)
    async with postgres.sessions.of_all_tenants() as session:
        (message,) = await claim(session, wanted)

    async def end() -> None:
        async with postgres.sessions.of_all_tenants() as session:
            await finish(session, CONSUMER, [Finished(message, wanted.token, MessageState.DONE)])

    async with postgres.sessions.of_all_tenants() as session:
        await accept(session, CONSUMER, [incoming(order("a"))])
        ending = asyncio.create_task(end())
        await asyncio.sleep(0.2)
        assert not ending.done()
    await ending
    assert [(key.lease_token, key.due_at is not None) for key in await key_rows(postgres)] == [(None, True)]


async def test_an_arrival_just_after_its_key_was_freed_opens_it_again(postgres: Database) -> None:
    await deliver(postgres, order("a"))
    wanted = ClaimRequest(CONSUMER, 1, 0, uuid4(), 60.0)
    async with postgres.sessions.of_all_tenants() as session:
        (message,) = await claim(session, wanted)
    async with postgres.sessions.of_all_tenants() as session:
        await finish(session, CONSUMER, [Finished(message, wanted.token, MessageState.DONE)])
        arriving = asyncio.create_task(deliver(postgres, order("a")))
        await asyncio.sleep(0.2)
        assert not arriving.done()
    assert await arriving == 1
    assert len(await key_rows(postgres)) == 1


async def test_a_look_that_a_claim_passes_by_does_not_take_a_busy_worker_for_idle(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is leased shows as due only after its lease, and the answer may come when the work is done."""
    looked = asyncio.Event()

    async def answer(_: Message) -> Verdict:
        await looked.wait()
        return Done()

    recorder = Recorder(answer)
    one = worker(database, recorder, FAST.model_copy(update={"lease_seconds": 60.0}))
    is_due = one._due_before

    async def slow_look(moment: float) -> bool:
        await eventually(lambda: bool(recorder.messages))
        seen = await is_due(moment)
        looked.set()
        await eventually(lambda: is_any_done(database))
        return seen

    monkeypatch.setattr(one, "_due_before", slow_look)
    await deliver(database, *(order("a") for _ in range(20)))
    await one.run_until_idle()
    assert len(recorder.handled) == 20


async def is_any_done(db: Database) -> bool:
    """Whether the first message has come to its end."""
    return "done" in await inbox_states(db)


async def no_key_left(db: Database) -> bool:
    """Whether nothing is open any more."""
    return await key_rows(db) == []
