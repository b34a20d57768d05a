"""What only Kafka can do to us: strangers' records, refusals, rebalances while the database is away."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.events.topics import INGEST, INGEST_COMMANDS
from common.inbox.accept import accept
from common.observability.health import NotReady
from common.settings import KafkaSettings
from common.transport.base import Incoming, TransportUnavailable
from common.transport.kafka import KafkaTransport
from support.eventually import eventually
from support.inbox import (
    database_time,
    inbox_rows,
    order,
    outbox_rows,
    put,
    received,
    running,
)
from support.kafka_line import configure, has, outgoing, ready, relay, transport
from support.topics import with_topics


@pytest.fixture
async def settings(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A broker with topics that only this test uses."""
    return await with_topics(real_kafka, topic_prefix)


@pytest.fixture
async def producer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """Somebody else who writes to our topics."""
    stranger = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers)
    await stranger.start()
    yield stranger
    await stranger.stop()


async def test_records_that_are_not_ours_are_counted_and_passed_by(
    postgres: Database, settings: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    name = settings.topic_prefix + INGEST_COMMANDS.name
    event = order("a")
    headers = [(key, value.encode()) for key, value in event.headers().items()]
    strange: list[dict[str, Any]] = [
        {"value": b"hello"},
        {"value": None, "key": b"a", "headers": headers},
        {"value": b"{}", "headers": [("ce_id", b"\xff\xfe")]},
        {"value": b"{}", "headers": [*headers, ("ce_tenantid", b"no uuid")]},
        {"value": b"{}", "headers": [*headers, ("ce_subject", b"no\0text")]},
        {"value": b"{}", "headers": [*headers, ("ce_type", b"long" * 1000)]},
    ]
    for record in strange:
        await producer.send_and_wait(name, partition=0, **record)
    payload = event.model_dump_json().encode()
    await producer.send_and_wait(name, payload, key=b"a", headers=headers, partition=0)
    counted = ("transport_foreign_messages_total", {"consumer": INGEST, "topic": name})
    async with running(transport(settings, postgres)):
        await eventually(lambda: has(postgres, 1), within=30)
    assert await received(postgres) == [event.event_id]
    assert REGISTRY.get_sample_value(*counted) == len(strange)


async def test_a_record_of_ours_arrives_whatever_else_travels_with_it(
    postgres: Database, settings: KafkaSettings, producer: AIOKafkaProducer
) -> None:
    """A caller's `tracestate` may be as long as a head takes; strangers' tools add headers of their own."""
    name = settings.topic_prefix + INGEST_COMMANDS.name
    beside = (("tracestate", b"vendor=" + b"x" * 1200), ("tool", b"\xff\xfe"), ("note", b"no\0text"))
    events = [order(f"k{number}") for number in range(len(beside))]
    for event, more in zip(events, beside, strict=True):
        headers = [(key, value.encode()) for key, value in event.headers().items()]
        payload = event.model_dump_json().encode()
        await producer.send_and_wait(name, payload, key=b"a", headers=[*headers, more], partition=0)
    async with running(transport(settings, postgres)):
        await eventually(lambda: has(postgres, len(beside)), within=30)
    assert await received(postgres) == [event.event_id for event in events]


async def test_a_row_too_large_for_the_broker_is_refused(postgres: Database, settings: KafkaSettings) -> None:
    """The broker answers for a whole batch; the others of it go out with the next round."""
    await configure(settings, {"max.message.bytes": "40000"})
    events = [order(f"k{number}") for number in range(40)]
    rows = [outgoing(number, event, event.model_dump_json().encode()) for number, event in enumerate(events)]
    rows[20] = replace(rows[20], payload=b"x" * 60_000)
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        published = await one.publish(rows)
        assert list(published.refused) == [20]
        assert "60000 bytes" in published.refused[20]
        shorter = replace(rows[20], outbox_id=50, payload=b"{}")
        left = [row for row in [*rows, shorter] if row.outbox_id not in {20, *published.sent}]
        await eventually(lambda: ready(one), within=30)
        assert len((await one.publish(left)).sent) == len(left)
        await eventually(lambda: has(postgres, 40), within=30)


async def test_after_a_record_that_the_broker_refused_the_next_one_goes_to_the_same_partition(
    postgres: Database, settings: KafkaSettings
) -> None:
    await configure(settings, {"max.message.bytes": "40000"})
    event = order("k")
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        assert list((await one.publish([outgoing(0, event, b"{}")])).sent) == [0]
        assert list((await one.publish([outgoing(1, event, b"x" * 60_000)])).refused) == [1]
        await eventually(lambda: ready(one), within=30)
        assert list((await one.publish([outgoing(2, event, b"{}")])).sent) == [2]


async def test_after_a_record_of_a_wrong_time_the_next_one_goes_to_the_same_partition(
    postgres: Database, settings: KafkaSettings
) -> None:
    """A clock ahead is refused by the same limit from the other side; this side needs no other clock."""
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        assert list((await one.publish([outgoing(0, order("k"), b"{}")])).sent) == [0]
        await configure(settings, {"message.timestamp.before.max.ms": "0"})
        await eventually(lambda: is_of_a_wrong_time(one), within=30)
        await configure(settings, {"message.timestamp.before.max.ms": "9223372036854775807"})
        await eventually(lambda: ready(one), within=30)
        assert list((await one.publish([outgoing(2, order("k"), b"{}")])).sent) == [2]


async def test_a_row_too_large_for_the_client_holds_back_its_key_only(
    postgres: Database, settings: KafkaSettings
) -> None:
    key = "k" * 50
    huge, behind, other = order(key), order(key), order("other")
    one = transport(settings, postgres)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        rows = [outgoing(1, huge, b"x" * 2_000_000), outgoing(2, behind, b"{}"), outgoing(3, other, b"{}")]
        published = await one.publish(rows)
    assert list(published.sent) == [3]
    assert list(published.refused) == [1]


async def test_database_trouble_and_a_rebalance_at_once_lose_and_skip_nothing(
    postgres: Database, settings: KafkaSettings
) -> None:
    events = [order(f"k{number % 9}") for number in range(90)]
    broken = Flaky(failures=3)
    first, second = transport(settings, postgres, broken.accept), transport(settings, postgres, broken.accept)
    await put(postgres, *events[:45])
    async with running(first, relay(postgres, first)):
        await eventually(lambda: broken.asked > 0, within=30)
        async with running(second):
            broken.failures += 2
            await put(postgres, *events[45:])
            await eventually(lambda: has(postgres, 90), within=40)
    arrived = await received(postgres)
    assert len(arrived) == 90
    for key in {event.ordering_key for event in events}:
        recorded = [event.event_id for event in events if event.ordering_key == key]
        assert [event_id for event_id in arrived if event_id in set(recorded)] == recorded


async def test_offsets_are_committed_only_after_the_inbox(
    postgres: Database, settings: KafkaSettings
) -> None:
    """A consumer that never got anything into its inbox leaves everything to its successor."""
    event = order("a")
    await put(postgres, event)
    broken = Flaky(failures=1000)
    first = transport(settings, postgres, broken.accept)
    async with running(first, relay(postgres, first)):
        await eventually(lambda: broken.asked > 0, within=30)
    async with running(transport(settings, postgres)):
        await eventually(lambda: has(postgres, 1), within=30)
    assert await received(postgres) == [event.event_id]


async def test_what_was_committed_is_not_read_again(postgres: Database, settings: KafkaSettings) -> None:
    counting = Flaky(failures=0)
    await put(postgres, *(order(f"k{number}") for number in range(5)))
    first = transport(settings, postgres, counting.accept)
    async with running(first, relay(postgres, first)):
        await eventually(lambda: has(postgres, 5), within=30)
    seen = counting.messages
    second = transport(settings, postgres, counting.accept)
    async with running(second, relay(postgres, second)):
        await put(postgres, order("last"))
        await eventually(lambda: has(postgres, 6), within=30)
    assert counting.messages == seen + 1


async def test_without_a_broker_nothing_is_sent_and_nothing_is_lost(
    postgres: Database, settings: KafkaSettings, closed_port: int
) -> None:
    event = order("a")
    await put(postgres, event)
    away = settings.model_copy(update={"bootstrap_servers": f"127.0.0.1:{closed_port}"})
    one = transport(away, postgres)
    async with running(one, relay(postgres, one)):
        with pytest.raises(NotReady):
            await one.check()
        with pytest.raises(TransportUnavailable):
            await one.publish([outgoing(1, event, b"{}")])
    assert [row.sent_at for row in await outbox_rows(postgres)] == [None]
    back = transport(settings, postgres)
    async with running(back, relay(postgres, back)):
        await eventually(lambda: has(postgres, 1), within=30)
    (row,) = await inbox_rows(postgres)
    assert row.received_at <= await database_time(postgres)


async def is_of_a_wrong_time(one: KafkaTransport) -> bool:
    """Whether the broker refuses a record for its time; the setting takes a moment to count."""
    try:
        await one.publish([outgoing(1, order("k"), b"{}")])
    except TransportUnavailable as error:
        return "InvalidTimestamp" in str(error)
    return False


class Flaky:
    """An inbox whose database fails the first times."""

    def __init__(self, failures: int) -> None:
        self.failures, self.asked, self.messages = failures, 0, 0

    async def accept(self, session: AsyncSession, consumer: str, messages: Sequence[Incoming]) -> int:
        """Fail after writing, or keep the messages."""
        new = await accept(session, consumer, messages)
        self.asked += 1
        if self.failures > 0:
            self.failures -= 1
            raise OperationalError("INSERT", {}, ConnectionResetError("gone"))
        self.messages += len(messages)
        return new
