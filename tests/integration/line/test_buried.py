"""A message that no inbox can hold is put aside with an alarm; everything beside it arrives."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.models.line import BuriedRow, DeadLetterRow
from common.events.commands import DISCARD, REPLAY, DeadLetterCommand, FetchOrder
from common.events.topics import INGEST
from common.inbox.accept import accept
from common.inbox.dead_letters import command_routes
from common.inbox.messages import Done, Message
from common.settings import KafkaSettings
from common.transport.base import Incoming
from common.transport.buried import keep_or_bury, read_again
from support.eventually import eventually
from support.inbox import CONNECTION, TENANT, incoming, order, received, running
from support.kafka_line import has, outgoing, ready, transport
from support.topics import with_topics

# Fits by letters; in bytes it is more than an index takes, and nothing in it repeats to be compressed.
TOO_LONG = "".join(map(chr, Random(1).sample(range(0x20000, 0x2A000), 900)))


@pytest.fixture
async def settings(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A broker with topics that only this test uses."""
    return await with_topics(real_kafka, topic_prefix)


@pytest.mark.parametrize("key", [TOO_LONG, TOO_LONG * 2], ids=["in bytes", "in letters too"])
async def test_a_record_that_does_not_fit_is_buried_and_its_partition_goes_on(
    postgres: Database, settings: KafkaSettings, key: str
) -> None:
    good, bad = [order(f"k{number}") for number in range(30)], order(key)
    before = buried_count(bad)
    rows = [outgoing(number, event, b"{}") for number, event in enumerate([*good[:15], bad, *good[15:]])]
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        assert len((await one.publish(rows)).sent) == 31
        await eventually(lambda: has(postgres, 30), within=30)
        await eventually(lambda: is_buried(postgres), within=30)
    assert set(await received(postgres)) == {event.event_id for event in good}
    (alarm,) = await alarms(postgres)
    assert (alarm.kind, alarm.subject, alarm.tenant_id) == ("message_buried", INGEST, TENANT)
    assert alarm.evidence["event_id"] == str(bad.event_id)
    assert buried_count(bad) == before + 1


async def test_a_new_start_reads_what_is_buried_again_and_closes_the_alarm(database: Database) -> None:
    bad = incoming(order("a"))
    await keep_or_bury(database, picky, INGEST, [incoming(order("b")), bad])
    assert await is_buried(database)
    await read_again(database, picky, INGEST)
    assert await is_buried(database)
    await read_again(database, accept, INGEST)
    assert not await is_buried(database)
    assert bad.event_id in await received(database)
    assert [alarm.closed_at is None for alarm in await alarms(database)] == [False]


async def test_a_buried_message_can_be_given_up(postgres: Database, fresh_database: str) -> None:
    bad = incoming(order("a"))
    await keep_or_bury(postgres, picky, INGEST, [bad])
    for code in (0, 1):
        command = [sys.executable, "-m", "common.transport.repair", "discard", INGEST, str(bad.event_id)]
        env = {**os.environ, "DATABASE_URL": fresh_database}
        done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
    assert [alarm.closed_at is None for alarm in await alarms(postgres)] == [False]
    assert await received(postgres) == []


async def test_several_messages_that_do_not_fit_share_an_alarm(database: Database) -> None:
    bad = [incoming(order("a")) for _ in range(3)]
    await keep_or_bury(database, picky, INGEST, [bad[0], incoming(order("b")), *bad[1:]])
    assert len(await received(database)) == 1
    assert len(await alarms(database)) == 1
    await read_again(database, accept, INGEST)
    assert len(await received(database)) == 4
    assert [alarm.closed_at is None for alarm in await alarms(database)] == [False]


async def test_a_buried_message_is_a_dead_letter_that_can_be_replayed_once_it_fits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, other = incoming(order("a")), incoming(order("a"))
    await keep_or_bury(database, picky, INGEST, [bad, other])
    letters = {letter.event_id: letter for letter in await dead_letters(database)}
    letter = letters[bad.event_id]
    assert (letter.state, letter.consumer, letter.tenant_id) == ("kept", INGEST, TENANT)
    assert letter.error == "ValueError: a fault of ours"
    monkeypatch.setattr("common.inbox.dead_letters.accept", picky)
    await send(database, REPLAY, letter)
    (still,) = [one for one in await dead_letters(database) if one.event_id == bad.event_id]
    assert (still.state, still.attempts) == ("kept", 2)
    assert await is_buried(database)
    monkeypatch.undo()
    await send(database, REPLAY, letter)
    states = {one.event_id: one.state for one in await dead_letters(database)}
    assert states == {bad.event_id: "replayed", other.event_id: "kept"}
    assert await received(database) == [bad.event_id]
    assert [alarm.closed_at is None for alarm in await alarms(database)] == [True]
    await send(database, REPLAY, letters[other.event_id])
    assert [alarm.closed_at is None for alarm in await alarms(database)] == [False]
    assert not await is_buried(database)
    await send(database, REPLAY, letter)  # nothing is left to replay
    assert len(await received(database)) == 2


async def test_a_dead_letter_of_a_buried_message_can_be_discarded(database: Database) -> None:
    await keep_or_bury(database, picky, INGEST, [incoming(order("a"))])
    (letter,) = await dead_letters(database)
    await send(database, DISCARD, letter)
    assert [one.state for one in await dead_letters(database)] == ["discarded"]
    assert not await is_buried(database)
    assert [alarm.closed_at is None for alarm in await alarms(database)] == [False]


async def test_a_message_buried_twice_has_one_letter_and_a_new_start_closes_it(database: Database) -> None:
    bad = incoming(order("a"))
    for _ in range(2):  # the offsets of its batch were not committed
        await keep_or_bury(database, picky, INGEST, [bad])
    assert [one.state for one in await dead_letters(database)] == ["kept"]
    await read_again(database, accept, INGEST)
    assert [one.state for one in await dead_letters(database)] == ["replayed"]


async def test_a_service_that_cannot_note_a_buried_message_still_has_its_letter(database: Database) -> None:
    async def broken(*_: object) -> None:
        raise LookupError

    await keep_or_bury(database, picky, INGEST, [incoming(order("a"))], broken)
    assert [one.state for one in await dead_letters(database)] == ["kept"]
    assert await is_buried(database)


async def test_a_key_that_no_database_takes_is_put_aside_in_letters_it_takes(postgres: Database) -> None:
    bad = incoming(order("a"), ordering_key="shop:A\x00B")
    await keep_or_bury(postgres, accept, INGEST, [incoming(order("b")), bad])
    (letter,) = await dead_letters(postgres)
    assert letter.ordering_key == "shop:AB"
    await send(postgres, REPLAY, letter)
    assert bad.event_id in await received(postgres)


async def picky(session: AsyncSession, consumer: str, messages: Sequence[Incoming]) -> int:
    """An inbox of a release with a fault: it cannot keep orders of this name."""
    new = await accept(session, consumer, messages)
    if any(message.ordering_key.endswith(":a") for message in messages):
        raise ValueError("a fault of ours")
    return new


def buried_count(event: FetchOrder) -> float:
    """What the metric counts."""
    labels = {"consumer": INGEST, "type": event.type}
    return REGISTRY.get_sample_value("transport_buried_messages_total", labels) or 0.0


async def is_buried(db: Database) -> bool:
    """Whether something is buried."""
    async with db.reading.of_all_tenants() as session:
        return await session.scalar(select(BuriedRow.event_id).limit(1)) is not None


async def dead_letters(db: Database) -> list[DeadLetterRow]:
    """Every dead letter."""
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(DeadLetterRow))).all())


async def send(db: Database, commands: Mapping[str, type[DeadLetterCommand]], letter: DeadLetterRow) -> None:
    """Give the command about the letter to its service, as the api does."""
    kind = commands[INGEST]
    ids: dict[str, Any] = {"connection_id": CONNECTION, "command_id": uuid4()}
    command = kind(tenant_id=TENANT, dead_letter_id=letter.dead_letter_id, **ids)
    (route,) = (one for one in command_routes(db, INGEST, lambda: None) if one.event_type is kind)
    raw = incoming(command)
    message = Message(0, raw.event_id, raw.type, TENANT, raw.ordering_key, raw.lane, 0, command, raw.headers)
    assert isinstance(await route.handle(message), Done)


async def alarms(db: Database) -> list[AlarmRow]:
    """Every alarm."""
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow))).all())
