"""Messages are taken once, worked in order per key, and end in exactly one state."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from common.db.engine import Database
from common.errors import TransientError, UnknownOutcomeError
from common.events.base import Lane
from common.inbox.messages import Done, Later, Message
from fixtures.line import (
    FAST,
    Recorder,
    deliver,
    inbox_rows,
    inbox_states,
    incoming,
    key_rows,
    order,
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

    async def answer(message: Message) -> Done:
        if message.ordering_key in active:
            clashes.append(message.ordering_key)
        active.add(message.ordering_key)
        await asyncio.sleep(0.001)
        active.remove(message.ordering_key)
        return Done()

    await deliver(database, *(order(f"k{number % 5}") for number in range(100)))
    first, second = Recorder(answer), Recorder(answer)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(database, first).run_until_idle())
        group.create_task(worker(database, second).run_until_idle())
    assert clashes == []
    assert len(first.handled) + len(second.handled) == 100
    assert first.handled
    assert second.handled


async def test_order_within_a_key_goes_before_lanes(database: Database) -> None:
    """A live message behind history of its key pulls that key into the live lane instead of overtaking."""
    await deliver(database, *(order(f"old{number}", lane=Lane.HISTORY) for number in range(30)))
    first, second = order("both", lane=Lane.HISTORY), order("both", lane=Lane.LIVE)
    await deliver(database, first, second)
    recorder = Recorder()
    settings = FAST.model_copy(update={"concurrency": 1, "claim_batch": 1, "history_share": 0.01})
    await worker(database, recorder, settings).run_until_idle()
    handled = [message.event_id for message in recorder.messages]
    assert handled.index(first.event_id) < handled.index(second.event_id) < 6
