"""Topics that grow while they are read, and what shows whether the order of each key was kept."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.events.base import Event
from common.events.topics import API
from common.outbox.relay import Relay
from common.settings import KafkaSettings
from common.transport.gaps import Gaps
from common.transport.kafka import KafkaTransport
from common.transport.kafka_client import partitions_of
from support.eventually import eventually
from support.inbox import FAST_RELAY, Recorder, inbox_rows, outbox_rows, running, worker
from support.kafka_line import has, transport


def ids(recorder: Recorder) -> list[UUID]:
    """What was worked, in order."""
    return [message.event_id for message in recorder.messages]


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
        await eventually(lambda: has(db, len(events)), within=40)
    with pytest.raises(AssertionError):
        in_order(events, [row.event_id for row in await inbox_rows(db)])
    async with running(worker(db, recorder)):
        await eventually(lambda: len(recorder.messages) == len(events), within=40)
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
        await eventually(lambda: all_sent(db), within=30)


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

    await eventually(is_known, within=30)


async def all_sent(db: Database) -> bool:
    """Whether every row is out."""
    return all(row.sent_at for row in await outbox_rows(db))


async def alarms(db: Database) -> list[AlarmRow]:
    """Every alarm."""
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow))).all())
