"""The order per key holds when records overtake each other; a gap is given up, with an alarm, once passed."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from common.db.engine import Database
from common.db.models.line import DeadLetterRow, InboxRow, OutboxRow
from common.errors import InvalidMessageError
from common.events.base import Event
from common.events.topics import API, INGEST_COMMANDS
from common.inbox.dead_letters import Act, discard, replay
from common.inbox.messages import Done, Message
from common.outbox.relay import Relay
from common.settings import KafkaSettings
from common.transport.base import Incoming
from common.transport.holds import Holds
from integration.line.growth import alarms, all_sent, grow, ids, published, read_backwards
from support.eventually import eventually
from support.inbox import (
    CONSUMER,
    FAST_RELAY,
    Recorder,
    Verdict,
    deliver,
    inbox_states,
    incoming,
    key_rows,
    order,
    put,
    running,
    worker,
)
from support.kafka_line import transport
from support.topics import with_topics


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, so that nothing here has to wait."""
    monkeypatch.setattr("common.inbox.claim.HELD_SECONDS", 0.05)
    monkeypatch.setattr("common.transport.kafka.GAP_SECONDS", 0.2)


@pytest.fixture
async def settings(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A broker with topics that only this test uses."""
    return await with_topics(real_kafka, topic_prefix)


def chain(key: str, count: int) -> list[Incoming]:
    """Messages of one key, each naming the one before it."""
    messages: list[Incoming] = []
    for _ in range(count):
        before = messages[-1].event_id if messages else None
        messages.append(replace(incoming(order(key)), predecessor=before))
    return messages


async def test_a_message_waits_for_its_predecessor_and_goes_at_once_when_it_comes(database: Database) -> None:
    first, second, third = chain("a", 3)
    other = incoming(order("b"))
    recorder = Recorder()
    await deliver(database, third, second, other)
    one = worker(database, recorder)
    async with running(one):
        await eventually(lambda: ids(recorder) == [other.event_id])
        await eventually(lambda: is_held(database))
        await deliver(database, first)
        one.wake()
        await eventually(lambda: len(recorder.messages) == 4)
    assert ids(recorder) == [message.event_id for message in (other, first, second, third)]
    assert await key_rows(database) == []


async def test_messages_of_an_older_release_are_worked_as_they_came(database: Database) -> None:
    first, second = (replace(message, predecessor=None) for message in chain("a", 2))
    recorder = Recorder()
    await deliver(database, second, first)
    await worker(database, recorder).run_until_idle()
    assert ids(recorder) == [second.event_id, first.event_id]


async def test_a_predecessor_of_an_unknown_type_counts_as_there(database: Database) -> None:
    first, second = chain("a", 2)
    recorder = Recorder()
    await deliver(database, second, replace(first, type="ingest.order.fetch.v9"))
    await worker(database, recorder).run_until_idle()
    assert ids(recorder) == [second.event_id]


@pytest.mark.parametrize("act", [replay, discard])
async def test_a_dead_predecessor_holds_its_key_until_a_person_decides(database: Database, act: Act) -> None:
    first, second = chain("a", 2)
    broken = True

    async def answer(message: Message) -> Verdict:
        is_dead = broken and message.event_id == first.event_id
        return InvalidMessageError("broken") if is_dead else Done()

    recorder = Recorder(answer)
    await deliver(database, second, first)
    one = worker(database, recorder)
    async with running(one):
        await eventually(lambda: has_states(database, ["ready", "dead"]))
        broken = False
        async with database.sessions.of_all_tenants() as session:
            letter = await session.scalar(select(DeadLetterRow.dead_letter_id))
            assert letter
            await act(session, CONSUMER, letter)
        one.wake()
        await eventually(lambda: second.event_id in ids(recorder))
    worked = [first.event_id, *([first.event_id] if act is replay else []), second.event_id]
    assert ids(recorder) == worked


async def test_a_gap_is_given_up_with_an_alarm_that_closes_when_it_comes(
    database: Database,
) -> None:
    first, second = chain("a", 2)
    recorder, holds = Recorder(), Holds(database, CONSUMER)
    await deliver(database, second)
    one = worker(database, recorder)
    async with running(one):
        await eventually(lambda: is_held(database))
        await holds.run_once()
        one.wake()
        await eventually(lambda: ids(recorder) == [second.event_id])
        (alarm,) = await alarms(database)
        assert (alarm.kind, alarm.subject, alarm.closed_at) == ("order_gap", CONSUMER, None)
        assert alarm.evidence["missing"] == str(first.event_id)
        await holds.run_once()
        assert [row.closed_at for row in await alarms(database)] == [None]
        await deliver(database, first)
        await holds.run_once()
        assert all(row.closed_at for row in await alarms(database))


async def test_what_the_relay_has_still_to_send_is_waited_for(database: Database) -> None:
    events = [order("a"), order("a")]
    await put(database, *events)
    await deliver(database, replace(incoming(events[1]), predecessor=events[0].event_id))
    async with running(worker(database, Recorder())):
        await eventually(lambda: is_held(database))
        await Holds(database, CONSUMER).run_once()
    assert await alarms(database) == []


async def test_growth_of_a_topic_with_a_reader_behind_keeps_the_order_of_every_key(
    postgres: Database, real_kafka: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = topic_prefix + INGEST_COMMANDS.name
    await grow(real_kafka, name, 1)
    settings = await with_topics(real_kafka, topic_prefix)
    events = [order(f"k{number % 8}") for number in range(80)]
    await put(postgres, *events[:40])
    await published(postgres, settings)
    await grow(real_kafka, name, 6)
    await put(postgres, *events[40:])
    await published(postgres, settings)
    await read_backwards(postgres, settings, monkeypatch, events)


async def test_growth_that_one_of_two_publishers_does_not_know_yet_keeps_the_order_of_every_key(
    postgres: Database, real_kafka: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = topic_prefix + INGEST_COMMANDS.name
    await grow(real_kafka, name, 1)
    settings = await with_topics(real_kafka, topic_prefix)
    old = transport(settings, postgres)
    old._callbacks.clear()
    events: list[Event] = []
    async with running(old):
        for number in range(6):
            more = [order(f"k{key}") for key in range(8)]
            events += more
            await put(postgres, *more)
            if number == 2:
                await grow(real_kafka, name, 6)
            if number % 2:
                await published(postgres, settings)
            else:
                async with running(Relay(postgres, API, old, FAST_RELAY)):
                    await eventually(lambda: all_sent(postgres), within=30)
    await read_backwards(postgres, settings, monkeypatch, events)


async def test_what_never_comes_is_given_up_only_when_the_group_has_passed_every_partition(
    postgres: Database, settings: KafkaSettings
) -> None:
    """A restored dump: the row before was published in a life that the database has forgotten."""
    lost, behind = order("a"), order("a")
    await put(postgres, lost, behind)
    async with postgres.sessions.of_all_tenants() as session:
        await session.execute(delete(OutboxRow).where(OutboxRow.event_id == lost.event_id))
    recorder, one = Recorder(), transport(settings, postgres)
    async with running(one, Relay(postgres, API, one, FAST_RELAY), worker(postgres, recorder)):
        await eventually(lambda: ids(recorder) == [behind.event_id], within=40)
    assert [alarm.kind for alarm in await alarms(postgres)] == ["order_gap"]


async def test_a_gap_before_a_message_that_only_a_newer_release_knows_is_given_up_like_any(
    postgres: Database, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both releases share one inbox during an upgrade, and after it was taken back."""
    lost, behind = order("a"), order("a")
    await put(postgres, lost, behind)
    async with postgres.sessions.of_all_tenants() as session:
        await session.execute(delete(OutboxRow).where(OutboxRow.event_id == lost.event_id))
    with monkeypatch.context() as unseen:
        unseen.setattr("common.transport.kafka.GAP_SECONDS", 3600.0)
        newer = transport(settings, postgres)
        async with running(newer, Relay(postgres, API, newer, FAST_RELAY), worker(postgres, Recorder())):
            await eventually(lambda: is_held(postgres), within=40)
    async with postgres.sessions.of_all_tenants() as session:
        await session.execute(update(InboxRow).values(type="of.a.newer.release"))
    async with running(transport(settings, postgres), worker(postgres, Recorder())):
        await eventually(lambda: has_states(postgres, ["ignored"]), within=40)
    assert [alarm.kind for alarm in await alarms(postgres)] == ["order_gap"]


async def test_a_gap_is_not_given_up_while_a_partition_is_unread(
    postgres: Database, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, behind = order("a"), order("a")
    await put(postgres, lost, behind)
    async with postgres.sessions.of_all_tenants() as session:
        await session.execute(delete(OutboxRow).where(OutboxRow.event_id == lost.event_id))
    monkeypatch.setattr("aiokafka.AIOKafkaConsumer.committed", not_committed)
    recorder, one = Recorder(), transport(settings, postgres)
    looks = 0

    async def run_once(self: Holds, *arguments: Any) -> None:
        nonlocal looks
        await real_run_once(self, *arguments)
        looks += 1

    real_run_once = Holds.run_once
    monkeypatch.setattr(Holds, "run_once", run_once)
    async with running(one, Relay(postgres, API, one, FAST_RELAY), worker(postgres, recorder)):
        await eventually(lambda: is_held(postgres), within=30)
        seen = looks
        await eventually(lambda: looks > seen + 2, within=30)
    assert recorder.messages == []
    assert await alarms(postgres) == []


async def not_committed(*_: object) -> None:
    """A group that has not passed anything yet."""


async def is_held(db: Database) -> bool:
    """Whether a key waits for a predecessor."""
    return any(row.held_since for row in await key_rows(db))


async def has_states(db: Database, wanted: list[str]) -> bool:
    """Whether the messages stand like this."""
    return await inbox_states(db) == wanted
