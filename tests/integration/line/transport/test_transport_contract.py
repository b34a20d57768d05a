"""What every transport promises, held against all of them: order per key, at least once, nothing lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy import update

from common.db.engine import Database, open_database
from common.db.models.line import OutboxRow
from common.events.base import Event
from common.events.topics import API, INGEST
from common.inbox.accept import accept
from common.observability.health import NotReady
from common.outbox.relay import Relay
from common.settings import DatabaseSettings, KafkaSettings
from common.transport.base import Outgoing, Published, Publishes, TransportUnavailable
from common.transport.kafka import KafkaTransport
from common.transport.local import LocalTransport
from support.eventually import eventually
from support.inbox import (
    FAST_RELAY,
    Recorder,
    inbox_rows,
    inbox_states,
    order,
    outbox_rows,
    put,
    received,
    running,
    worker,
)
from support.topics import with_topics


@dataclass
class TransportLine:
    """One database and a way to make transports that all mean the same topics."""

    db: Database
    kafka: KafkaSettings | None

    def transport(self) -> LocalTransport | KafkaTransport:
        """A transport of its own, as another process would have it."""
        if self.kafka is None:
            return LocalTransport(self.db, accept)
        return KafkaTransport(self.kafka, self.db, accept)

    def relay(self, transport: Publishes) -> Relay:
        """A relay of the api's outbox."""
        return Relay(self.db, API, transport, FAST_RELAY)

    def start(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """A relay and a transport that delivers to ingest, running inside the block."""
        transport = self.transport()
        transport.subscribe(INGEST, lambda: None)
        return running(transport, self.relay(transport))

    async def arrived(self, events: Sequence[Event]) -> None:
        """Return when all of them are in the inbox."""
        wanted = {event.event_id for event in events}

        async def complete() -> bool:
            return wanted <= set(await received(self.db))

        await eventually(complete, within=30)


KINDS = (
    "sqlite-local",
    pytest.param("postgres-local", marks=pytest.mark.postgres),
    pytest.param("postgres-kafka", marks=[pytest.mark.postgres, pytest.mark.kafka]),
)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which pair of database and transport."""
    return str(request.param)


@pytest.fixture
async def place(kind: str, request: pytest.FixtureRequest) -> tuple[str, KafkaSettings | None]:
    """Address of a database of this test, and the broker when the pair has one."""
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite-local" else "private_postgres_url")
    if not kind.endswith("kafka"):
        return url, None
    bootstrap, prefix = request.getfixturevalue("kafka_bootstrap"), request.getfixturevalue("topic_prefix")
    return url, await with_topics(bootstrap, prefix, real=is_real(request))


def is_real(request: pytest.FixtureRequest) -> bool:
    """Whether the broker is one, not librdkafka's mock cluster."""
    return bool(request.getfixturevalue("server_desk").server("kafka").real)


@pytest.fixture
async def line(place: tuple[str, KafkaSettings | None]) -> AsyncIterator[TransportLine]:
    """An open database with its transport."""
    url, kafka = place
    db = open_database(DatabaseSettings(url=url))
    yield TransportLine(db, kafka)
    await db.close()


async def test_events_of_a_key_arrive_in_the_order_they_were_recorded(line: TransportLine) -> None:
    events = [order(f"k{number % 7}") for number in range(140)]
    async with line.start():
        for start in range(0, len(events), 20):
            await put(line.db, *events[start : start + 20])
        await line.arrived(events)
    arrived = await received(line.db)
    assert len(arrived) == len(events)
    for key in {event.ordering_key for event in events}:
        recorded = [event.event_id for event in events if event.ordering_key == key]
        assert [event_id for event_id in arrived if event_id in set(recorded)] == recorded


async def test_what_is_published_again_is_received_once(line: TransportLine) -> None:
    """A relay killed between acknowledgement and mark publishes again."""
    events = [order("a"), order("a"), order("b")]
    await put(line.db, *events)
    async with line.start():
        await line.arrived(events)
        await eventually(lambda: all_sent(line.db))
        async with line.db.sessions.of_all_tenants() as session:
            await session.execute(update(OutboxRow).values(sent_at=None))
        last = order("a")
        await put(line.db, last)
        await line.arrived([last])
    assert sorted(await received(line.db)) == sorted(event.event_id for event in [*events, last])


async def test_a_restart_in_the_middle_loses_nothing_and_keeps_the_order(line: TransportLine) -> None:
    events = [order("a") for _ in range(60)]
    await put(line.db, *events[:40])
    async with line.start():
        await eventually(lambda: has_received(line.db, 1), within=30)
    await put(line.db, *events[40:])
    async with line.start():
        await line.arrived(events)
    assert await received(line.db) == [event.event_id for event in events]


async def test_a_message_carries_what_was_recorded(line: TransportLine) -> None:
    event = order("a")
    await put(line.db, event)
    async with line.start():
        await line.arrived([event])
    (row,) = await inbox_rows(line.db)
    assert row.payload == event.model_dump_json().encode()
    assert (row.type, row.tenant_id, row.ordering_key) == (event.type, event.tenant_id, event.ordering_key)
    assert row.headers == event.headers()


async def test_an_unknown_type_is_ignored_and_a_broken_payload_dies_alone(line: TransportLine) -> None:
    unknown, broken, behind, other = order("a"), order("b"), order("b"), order("c")
    await put(line.db, unknown, broken, behind, other)
    async with line.db.sessions.of_all_tenants() as session:
        headers = {**unknown.headers(), "ce_type": "ingest.order.fetch.v9"}
        await session.execute(
            update(OutboxRow)
            .where(OutboxRow.event_id == unknown.event_id)
            .values(type="ingest.order.fetch.v9", headers=headers)
        )
        await session.execute(
            update(OutboxRow).where(OutboxRow.event_id == broken.event_id).values(payload=b"<html>")
        )
    async with line.start():
        await line.arrived([unknown, broken, behind, other])
    recorder = Recorder()
    await worker(line.db, recorder).run_until_idle()
    states = {row.event_id: row.state for row in await inbox_rows(line.db)}
    assert states == {
        unknown.event_id: "ignored",
        broken.event_id: "dead",
        behind.event_id: "ready",
        other.event_id: "done",
    }


async def test_two_relays_and_two_receivers_share_the_work_in_order(
    line: TransportLine, request: pytest.FixtureRequest
) -> None:
    """With Kafka the second receiver makes the group rebalance while messages flow."""
    if line.kafka and not is_real(request):
        pytest.skip("librdkafka's mock cluster cannot rebalance a group")
    events = [order(f"k{number % 11}") for number in range(220)]
    async with line.start():
        await put(line.db, *events[:110])
        await eventually(lambda: has_received(line.db, 20), within=30)
        async with line.start():
            for event in events[110:]:
                await put(line.db, event)
            await line.arrived(events)
    arrived = await received(line.db)
    assert len(arrived) == len(events)
    for key in {event.ordering_key for event in events}:
        recorded = [event.event_id for event in events if event.ordering_key == key]
        assert [event_id for event_id in arrived if event_id in set(recorded)] == recorded


async def test_a_receiver_that_is_told_wakes_its_worker(line: TransportLine) -> None:
    told = asyncio.Event()
    transport = line.transport()
    transport.subscribe(INGEST, told.set)
    async with running(transport, line.relay(transport)):
        await put(line.db, order("a"))
        async with asyncio.timeout(30):
            await told.wait()
    assert await inbox_states(line.db) == ["ready"]


async def test_a_transport_that_is_away_makes_rows_wait_and_readiness_red(line: TransportLine) -> None:
    away = Away(line.transport())
    relay = line.relay(away)
    event = order("a")
    await put(line.db, event)
    away.transport.subscribe(INGEST, lambda: None)
    async with running(away.transport, relay):
        await eventually(lambda: away.asked > 1)
        with pytest.raises(NotReady, match="away"):
            await relay.check()
        assert await received(line.db) == []
        away.back = True
        await line.arrived([event])
        await eventually(lambda: all_sent(line.db))
    await relay.check()


async def all_sent(db: Database) -> bool:
    """Whether every row of the outbox is marked."""
    return all(row.sent_at for row in await outbox_rows(db))


async def has_received(db: Database, count: int) -> bool:
    """Whether at least so many messages are in the inbox."""
    return len(await received(db)) >= count


class Away:
    """A transport that cannot be reached until it is back."""

    def __init__(self, transport: LocalTransport | KafkaTransport) -> None:
        self.transport, self.back, self.asked = transport, False, 0

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Refuse everything while away."""
        self.asked += 1
        if not self.back:
            raise TransportUnavailable("away")
        return await self.transport.publish(batch)
