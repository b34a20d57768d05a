"""A reader whose place in a topic is gone says what it missed, and gets it again from the outbox."""

import asyncio
import os
import subprocess
import sys

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from prometheus_client import REGISTRY
from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.models.line import OutboxRow
from common.events.topics import INGEST, INGEST_COMMANDS, LONGEST_OUTAGE, TOPICS
from common.settings import KafkaSettings
from common.transport.gaps import send_again
from support.eventually import eventually
from support.inbox import order, outbox_rows, put, received, running
from support.kafka_line import has, relay, transport
from support.topics import with_topics


@pytest.fixture
async def settings(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A broker with topics that only this test uses."""
    return await with_topics(real_kafka, topic_prefix)


async def test_a_reader_away_longer_than_the_retention_tells_the_gap_and_gets_it_by_command(
    postgres: Database, settings: KafkaSettings, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.transport.kafka.GAP_SECONDS", 0.1)
    await put(postgres, *(order(f"early{number}") for number in range(20)))
    one = transport(settings, postgres)
    async with running(one, relay(postgres, one)):
        await eventually(lambda: has(postgres, 20), within=30)
    await put(postgres, *(order(f"missed{number}") for number in range(70)))
    await published(postgres, settings)
    await delete_all(settings)
    await put(postgres, *(order(f"late{number}") for number in range(20)))
    back = transport(settings, postgres)
    async with running(back, relay(postgres, back)):
        await eventually(lambda: has(postgres, 40), within=30)
        await eventually(lambda: has_alarms(postgres, 1), within=30)
        (alarm,) = await alarms(postgres)
        assert (alarm.kind, alarm.tenant_id, alarm.closed_at) == ("messages_missed", None, None)
        assert alarm.subject == f"{INGEST}:{INGEST_COMMANDS.name}"
        assert missed(settings) == 70
        assert await resend(fresh_database) == "70 messages are sent again"
        await eventually(lambda: has(postgres, 110), within=30)
        await eventually(lambda: all_closed(postgres), within=30)
    assert len(await received(postgres)) == 110


async def test_a_reader_that_never_read_a_topic_tells_what_is_gone(
    postgres: Database, settings: KafkaSettings
) -> None:
    await put(postgres, *(order(f"k{number}") for number in range(30)))
    await published(postgres, settings)
    await delete_all(settings)
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: has_alarms(postgres, 1), within=30)
        await eventually(lambda: missed(settings) == 30, within=30)


async def test_a_new_reader_of_a_whole_topic_reads_it_all_without_an_alarm(
    postgres: Database, settings: KafkaSettings
) -> None:
    await put(postgres, *(order(f"k{number}") for number in range(30)))
    await published(postgres, settings)
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: has(postgres, 30), within=30)
    assert await alarms(postgres) == []


async def test_a_place_beyond_the_end_as_a_restored_broker_has_it_is_told_and_all_is_read(
    postgres: Database, settings: KafkaSettings
) -> None:
    await commit_at(settings, 100)
    await put(postgres, *(order(f"k{number}") for number in range(30)))
    one = transport(settings, postgres)
    async with running(one, relay(postgres, one)):
        await eventually(lambda: has(postgres, 30), within=30)
    assert [alarm.kind for alarm in await alarms(postgres)] == ["messages_missed"]
    assert missed(settings) == 0


async def test_what_the_outbox_has_no_payload_of_is_not_waited_for(database: Database) -> None:
    await put(database, order("a"), order("b"))
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(OutboxRow).values(sent_at=db_now()))
        first = (await outbox_rows(database))[0].outbox_id
        await session.execute(update(OutboxRow).where(OutboxRow.outbox_id == first).values(payload=None))
    async with database.sessions.of_all_tenants() as session:
        assert await send_again(session, INGEST) == 1


def test_topics_are_kept_longer_than_a_reader_may_be_away() -> None:
    assert all(topic.retention > LONGEST_OUTAGE for topic in TOPICS)


async def published(db: Database, settings: KafkaSettings) -> None:
    """Everything is on the topic, and nobody has read it."""
    one = transport(settings, db)
    one._callbacks.clear()
    async with running(one, relay(db, one)):
        await eventually(lambda: all_sent(db), within=30)


async def all_sent(db: Database) -> bool:
    """Whether every row is out."""
    return all(row.sent_at for row in await outbox_rows(db))


async def delete_all(settings: KafkaSettings) -> None:
    """Move the beginning of every partition to its end, as retention does."""
    name = settings.topic_prefix + INGEST_COMMANDS.name
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        places = [TopicPartition(name, number) for number in range(INGEST_COMMANDS.partitions)]
        await admin.delete_records({place: RecordsToDelete(before_offset=-1) for place in places})
    finally:
        await admin.close()


async def commit_at(settings: KafkaSettings, offset: int) -> None:
    """Let the group have read every partition up to here."""
    name, group = settings.topic_prefix + INGEST_COMMANDS.name, settings.topic_prefix + INGEST
    places = [TopicPartition(name, number) for number in range(INGEST_COMMANDS.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, group_id=group)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.commit(dict.fromkeys(places, offset))
    finally:
        await consumer.stop()


async def resend(url: str) -> str:
    """What the command says."""
    command = [sys.executable, "-m", "common.transport.repair", "resend", INGEST]
    env = {**os.environ, "DATABASE_URL": url}
    done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def missed(settings: KafkaSettings) -> float:
    """What the metric counts."""
    labels = {"consumer": INGEST, "topic": settings.topic_prefix + INGEST_COMMANDS.name}
    return REGISTRY.get_sample_value("transport_missed_messages_total", labels) or 0.0


async def has_alarms(db: Database, count: int) -> bool:
    """Whether there are so many alarms."""
    return len(await alarms(db)) >= count


async def all_closed(db: Database) -> bool:
    """Whether every alarm is closed."""
    return all(alarm.closed_at for alarm in await alarms(db))


async def alarms(db: Database) -> list[AlarmRow]:
    """Every alarm."""
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow))).all())
