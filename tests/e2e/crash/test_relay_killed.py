"""A relay killed around or amid a batch publishes every row; inboxes hold each once, in order."""

import itertools
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from common.domain.documents import Document, OrderSnapshot
from common.events.topics import INVOICE_WRITER, SHOP_DOCUMENTS
from common.inbox.accept import accept
from common.settings import KafkaSettings
from common.transport.kafka import KafkaTransport
from e2e.crash.line import DOCUMENTS, CrashLine
from factories.documents import make_invoice, make_order
from support.crashing_roles import BEFORE_MARK, BEFORE_PUBLISH, ROW_ACKNOWLEDGED, Fate
from support.inbox import received, running

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

MOMENTS = {BEFORE_PUBLISH: (1, 4, 2), ROW_ACKNOWLEDGED: (4, 27, 13), BEFORE_MARK: (1, 4, 2)}
REPEATED = {
    BEFORE_PUBLISH: 0,
    ROW_ACKNOWLEDGED: 3,
    BEFORE_MARK: 3,
}  # rows that went out more than once, at least


@pytest.mark.parametrize("step", MOMENTS)
async def test_every_event_arrives_in_order_when_relays_are_killed_at(
    idle_line: CrashLine, step: str
) -> None:
    line = idle_line
    line.documents = long_orders
    await line.issue()
    reader = KafkaTransport(line.kafka, line.db, accept)
    reader.subscribe(INVOICE_WRITER, lambda: None)
    async with running(reader):
        for at in MOMENTS[step]:
            fate = Fate(step, at)
            assert await line.relay(fate).ended() == -fate.number
        line.relay()
        await all_arrived(line)
    published = await records(line.kafka)
    assert len(published) >= DOCUMENTS + REPEATED[step]
    assert in_order(list(dict.fromkeys(published)), line)
    assert in_order(await received(line.db, INVOICE_WRITER), line)


async def all_arrived(line: CrashLine) -> None:
    """Return when everything is marked as sent and has come to the inbox."""

    async def arrived() -> bool:
        sent = await line.holdings.unsent() == 0
        return sent and len(await received(line.db, INVOICE_WRITER)) == DOCUMENTS

    await line.eventually(arrived)


async def records(kafka: KafkaSettings) -> list[UUID]:
    """The ids of everything in the topic, in order within each partition."""
    name = kafka.topic_prefix + SHOP_DOCUMENTS.name
    places = [TopicPartition(name, number) for number in range(SHOP_DOCUMENTS.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[UUID] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            batch = await consumer.getmany(timeout_ms=200)
            found += [UUID(dict(one.headers)["ce_id"].decode()) for some in batch.values() for one in some]
        return found
    finally:
        await consumer.stop()


def in_order(arrived: list[UUID], line: CrashLine) -> bool:
    """Whether each event is there once and every key's events stand as they were recorded."""
    keys = {event.event_id: event.ordering_key for event in line.events}
    recorded = [event.event_id for event in line.events]
    by_key = [sorted(ids, key=keys.__getitem__) for ids in (arrived, recorded)]  # a stable sort
    return by_key[0] == by_key[1]


def long_orders() -> Iterator[tuple[OrderSnapshot, Document]]:
    """Orders without end with five invoices each."""
    for number in itertools.count():
        if number % 5 == 0:
            order = make_order(order_id=str(uuid4()).upper(), order_number=f"2025-{number}")
        yield order, make_invoice(number=f"R-{number:03}")
