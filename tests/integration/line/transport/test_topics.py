"""Topics are made and checked by one command; services make none, wait for them and say so."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from common.db.engine import Database
from common.events.topics import INGEST, INGEST_COMMANDS, SHOP_DOCUMENTS, TOPICS
from common.inbox.accept import accept
from common.observability.health import NotReady
from common.settings import KafkaSettings
from common.transport.base import TransportUnavailable
from common.transport.kafka import KafkaTransport
from common.transport.topic_admin import apply_topics, check_topics
from support.eventually import eventually
from support.inbox import order, put, received, running
from support.kafka_line import configure, outgoing, ready, relay, topic_settings


@pytest.fixture
def settings(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A broker without any topic of this test."""
    return KafkaSettings(bootstrap_servers=real_kafka, topic_prefix=topic_prefix)


async def run(settings: KafkaSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as the migrate job runs it."""
    env = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "KAFKA_TOPIC_PREFIX": settings.topic_prefix,
    }
    command = [sys.executable, "-m", "common.transport.topics", *arguments]
    return await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)


async def names(settings: KafkaSettings) -> dict[str, int]:
    """The topics of this test with their partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        listed = await admin.describe_topics()
    finally:
        await admin.close()
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in listed
        if topic["topic"].startswith(settings.topic_prefix)
    }


async def test_the_command_makes_every_topic_and_then_finds_nothing_to_say(settings: KafkaSettings) -> None:
    before = await run(settings, "check")
    assert before.returncode == 1
    assert before.stderr.count("missing, or no right to see it") == len(TOPICS)
    made = await run(settings, "apply")
    assert (made.returncode, made.stderr) == (0, "")
    assert await names(settings) == {settings.topic_prefix + topic.name: topic.partitions for topic in TOPICS}
    after = await run(settings, "check")
    assert (after.returncode, after.stderr) == (0, "")


async def test_a_broker_that_cannot_be_reached_ends_the_command_with_one_line(
    settings: KafkaSettings, closed_port: int
) -> None:
    away = settings.model_copy(update={"bootstrap_servers": f"127.0.0.1:{closed_port}"})
    for command in ("apply", "check"):
        said = await run(away, command)
        assert said.returncode == 1
        assert "Traceback" not in said.stderr


async def test_what_differs_is_said_and_set_and_other_settings_stay(settings: KafkaSettings) -> None:
    await apply_topics(settings, TOPICS)
    own = {"retention.ms": "1000", "compression.type": "zstd", "max.message.bytes": "40000"}
    await configure(settings, own)
    name = settings.topic_prefix + INGEST_COMMANDS.name
    assert await check_topics(settings, TOPICS) == [
        f"{name}: retention.ms is 1000 instead of 604800000",
        f"{name}: compression.type is zstd instead of producer",
    ]
    assert await apply_topics(settings, TOPICS) == []
    assert await topic_settings(settings, name) >= {("max.message.bytes", "40000")}


async def test_a_topic_that_drops_messages_by_size_or_by_key_is_said_and_set(settings: KafkaSettings) -> None:
    """A reader may be away for days, however much is written meanwhile."""
    await apply_topics(settings, [INGEST_COMMANDS])
    await configure(settings, {"retention.bytes": "1048576", "cleanup.policy": "compact"})
    name = settings.topic_prefix + INGEST_COMMANDS.name
    assert await check_topics(settings, [INGEST_COMMANDS]) == [
        f"{name}: retention.bytes is 1048576 instead of -1",
        f"{name}: cleanup.policy is compact instead of delete",
    ]
    assert await apply_topics(settings, [INGEST_COMMANDS]) == []
    kept = {("retention.bytes", "-1"), ("cleanup.policy", "delete")}
    assert await topic_settings(settings, name) >= kept


async def test_a_longer_retention_is_left_alone(settings: KafkaSettings) -> None:
    longer = replace(INGEST_COMMANDS, retention=2 * INGEST_COMMANDS.retention)
    await apply_topics(settings, [longer])
    assert await apply_topics(settings, [INGEST_COMMANDS]) == []
    name = settings.topic_prefix + INGEST_COMMANDS.name
    assert await topic_settings(settings, name) >= {("retention.ms", "1209600000")}


async def test_partitions_are_added_only_when_asked_for(settings: KafkaSettings) -> None:
    name = settings.topic_prefix + INGEST_COMMANDS.name
    await make(settings, name, partitions=1)
    (said,) = await apply_topics(settings, [INGEST_COMMANDS])
    assert said.startswith(f"{name}: 1 of 6 partitions")
    assert await apply_topics(settings, [INGEST_COMMANDS], grow=True) == []
    assert (await names(settings))[name] == 6


async def test_too_few_replicas_are_said(settings: KafkaSettings) -> None:
    await apply_topics(settings, [INGEST_COMMANDS])
    name = settings.topic_prefix + INGEST_COMMANDS.name
    assert await check_topics(settings, [INGEST_COMMANDS], replicas=3) == [f"{name}: 1 of 3 replicas"]


async def test_a_service_that_starts_before_its_topics_makes_none_waits_and_says_so(
    postgres: Database, settings: KafkaSettings
) -> None:
    event = order("a")
    await put(postgres, event)
    one = KafkaTransport(settings, postgres, accept)
    one.subscribe(INGEST, lambda: None)
    with structlog.testing.capture_logs() as logs:
        async with running(one, relay(postgres, one)):
            await eventually(
                lambda: any(entry["event"] == "transport.topics_not_seen" for entry in logs), within=30
            )
            said = f"no right to see them: {settings.topic_prefix}ingest.commands.v1"
            await eventually(lambda: says(one, said), within=30)
            with pytest.raises(TransportUnavailable, match="no right to see it"):
                await one.publish([outgoing(1, event, b"{}")])
            assert await names(settings) == {}
            await apply_topics(settings, TOPICS)
            await eventually(lambda: arrived(postgres), within=30)
            await eventually(lambda: ready(one), within=30)
    assert (await names(settings))[settings.topic_prefix + INGEST_COMMANDS.name] == INGEST_COMMANDS.partitions


async def test_a_topic_that_stays_missing_holds_back_nothing_but_itself(
    postgres: Database, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.transport.kafka_publish.TOPIC_SECONDS", 0.0)
    await apply_topics(settings, [INGEST_COMMANDS])
    one = KafkaTransport(settings, postgres, accept)
    missing = replace(outgoing(1, order("a"), b"{}"), topic=SHOP_DOCUMENTS.name)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        published = await one.publish([missing, outgoing(2, order("a"), b"{}")])
    assert list(published.sent) == [2]
    assert "no right to see it" in published.refused[1]


async def test_the_broker_of_the_tests_makes_no_topic_by_itself(settings: KafkaSettings) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, request_timeout_ms=2000)
    await producer.start()
    try:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait(settings.topic_prefix + "nowhere", b"x")
    finally:
        await producer.stop()
    assert await names(settings) == {}


async def says(one: KafkaTransport, wanted: str) -> bool:
    """Whether the transport is not ready for this reason."""
    try:
        await one.check()
    except NotReady as reason:
        return wanted in str(reason)
    return False


async def arrived(db: Database) -> bool:
    """Whether a message is in the inbox."""
    return bool(await received(db))


async def make(settings: KafkaSettings, name: str, *, partitions: int) -> None:
    """Make one topic by hand."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name=name, num_partitions=partitions, replication_factor=1)])
    finally:
        await admin.close()
