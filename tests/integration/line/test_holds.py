"""The order per key holds when records overtake each other; a gap is given up, with an alarm, once passed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from sqlalchemy import delete, select

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow, OutboxRow
from common.errors import InvalidMessageError
from common.events.base import Event
from common.events.topics import API, INGEST_COMMANDS
from common.inbox.dead_letters import Act, discard, replay
from common.inbox.messages import Done, Message
from common.outbox.relay import Relay
from common.settings import KafkaSettings
from common.transport.base import Incoming
from common.transport.gaps import Gaps
from common.transport.holds import Holds
from common.transport.kafka import KafkaTransport
from common.transport.kafka_client import partitions_of
from fixtures.line import (
    CONSUMER,
    FAST_RELAY,
    Recorder,
    Verdict,
    deliver,
    inbox_rows,
    inbox_states,
    incoming,
    key_rows,
    order,
    outbox_rows,
    put,
    running,
    until,
    worker,
)
from support.kafka_line import has, transport
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


def ids(recorder: Recorder) -> list[UUID]:
    """What was worked, in order."""
    return [message.event_id for message in recorder.messages]


async def test_a_message_waits_for_its_predecessor_and_goes_at_once_when_it_comes(database: Database) -> None:
    first, second, third = chain("a", 3)
    other = incoming(order("b"))
    recorder = Recorder()
    await deliver(database, third, second, other)
    one = worker(database, recorder)
    async with running(one):
        await until(lambda: ids(recorder) == [other.event_id])
        await until(lambda: is_held(database))
        await deliver(database, first)
        one.wake()
        await until(lambda: len(recorder.messages) == 4)
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
        await until(lambda: has_states(database, ["ready", "dead"]))
        broken = False
        async with database.sessions.begin() as session:
            letter = await session.scalar(select(DeadLetterRow.dead_letter_id))
            assert letter
            await act(session, CONSUMER, letter)
        one.wake()
        await until(lambda: second.event_id in ids(recorder))
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
        await until(lambda: is_held(database))
        await holds.look()
        one.wake()
        await until(lambda: ids(recorder) == [second.event_id])
        (alarm,) = await alarms(database)
        assert (alarm.kind, alarm.subject, alarm.closed_at) == ("order_gap", CONSUMER, None)
        assert alarm.evidence["missing"] == str(first.event_id)
        await holds.look()
        assert [row.closed_at for row in await alarms(database)] == [None]
        await deliver(database, first)
        await holds.look()
        assert all(row.closed_at for row in await alarms(database))


async def test_what_the_relay_has_still_to_send_is_waited_for(database: Database) -> None:
    events = [order("a"), order("a")]
    await put(database, *events)
    await deliver(database, replace(incoming(events[1]), predecessor=events[0].event_id))
    async with running(worker(database, Recorder())):
        await until(lambda: is_held(database))
        await Holds(database, CONSUMER).look()
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
                    await until(lambda: all_sent(postgres), 30)
    await read_backwards(postgres, settings, monkeypatch, events)


async def test_what_never_comes_is_given_up_only_when_the_group_has_passed_every_partition(
    postgres: Database, settings: KafkaSettings
) -> None:
    """A restored dump: the row before was published in a life that the database has forgotten."""
    lost, behind = order("a"), order("a")
    await put(postgres, lost, behind)
    async with postgres.sessions.begin() as session:
        await session.execute(delete(OutboxRow).where(OutboxRow.event_id == lost.event_id))
    recorder, one = Recorder(), transport(settings, postgres)
    async with running(one, Relay(postgres, API, one, FAST_RELAY), worker(postgres, recorder)):
        await until(lambda: ids(recorder) == [behind.event_id], 40)
    assert [alarm.kind for alarm in await alarms(postgres)] == ["order_gap"]


async def test_a_gap_is_not_given_up_while_a_partition_is_unread(
    postgres: Database, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, behind = order("a"), order("a")
    await put(postgres, lost, behind)
    async with postgres.sessions.begin() as session:
        await session.execute(delete(OutboxRow).where(OutboxRow.event_id == lost.event_id))
    monkeypatch.setattr("aiokafka.AIOKafkaConsumer.committed", not_committed)
    recorder, one = Recorder(), transport(settings, postgres)
    looks = 0

    async def look(self: Holds, *arguments: Any) -> None:
        nonlocal looks
        await real_look(self, *arguments)
        looks += 1

    real_look = Holds.look
    monkeypatch.setattr(Holds, "look", look)
    async with running(one, Relay(postgres, API, one, FAST_RELAY), worker(postgres, recorder)):
        await until(lambda: is_held(postgres), 30)
        seen = looks
        await until(lambda: looks > seen + 2, 30)
    assert recorder.messages == []
    assert await alarms(postgres) == []


async def not_committed(*_: object) -> None:
    """A group that has not passed anything yet."""


async def read_backwards(
    db: Database, settings: KafkaSettings, patch: pytest.MonkeyPatch, events: Sequence[Event]
) -> None:
    """Read all partitions, the new ones first, and fail unless each key was worked as it was recorded."""
    fetch = KafkaTransport._fetch

    async def backwards(self: KafkaTransport, kafka: AIOKafkaConsumer, gaps: Gaps) -> Any:
        await asyncio.sleep(1.0)  # every partition has been fetched then
        places = await fetch(self, kafka, gaps)
        return {place: places[place] for place in sorted(places, reverse=True)}

    patch.setattr(KafkaTransport, "_fetch", backwards)
    recorder, one = Recorder(), transport(settings, db)
    async with running(one):
        await until(lambda: has(db, len(events)), 40)
    with pytest.raises(AssertionError):
        in_order(events, [row.event_id for row in await inbox_rows(db)])
    async with running(worker(db, recorder)):
        await until(lambda: len(recorder.messages) == len(events), 40)
    in_order(events, ids(recorder))
    assert await alarms(db) == []


def in_order(events: Sequence[Event], worked: list[UUID]) -> None:
    """Fail unless each key was worked as it was recorded."""
    for key in {event.ordering_key for event in events}:
        recorded = [event.event_id for event in events if event.ordering_key == key]
        assert [event_id for event_id in worked if event_id in set(recorded)] == recorded


async def published(db: Database, settings: KafkaSettings) -> None:
    """Everything is out, by a publisher that starts now."""
    one = transport(settings, db)
    one._callbacks.clear()
    async with running(one, Relay(db, API, one, FAST_RELAY)):
        await until(lambda: all_sent(db), 30)


async def grow(bootstrap: str, name: str, partitions: int) -> None:
    """Make the topic, or add partitions to it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if name in await admin.list_topics():
            await admin.create_partitions({name: NewPartitions(total_count=partitions)})
        else:
            await admin.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=1)])
    finally:
        await admin.close()
    settings = KafkaSettings(bootstrap_servers=bootstrap)

    async def is_known() -> bool:
        return len(await partitions_of(settings, name)) == partitions

    await until(is_known, 30)


async def all_sent(db: Database) -> bool:
    """Whether every row is out."""
    return all(row.sent_at for row in await outbox_rows(db))


async def is_held(db: Database) -> bool:
    """Whether a key waits for a predecessor."""
    return any(row.held_since for row in await key_rows(db))


async def has_states(db: Database, wanted: list[str]) -> bool:
    """Whether the messages stand like this."""
    return await inbox_states(db) == wanted


async def alarms(db: Database) -> list[AlarmRow]:
    """Every alarm."""
    async with db.reading.begin() as session:
        return list((await session.scalars(select(AlarmRow))).all())
