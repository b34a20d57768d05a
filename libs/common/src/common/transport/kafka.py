"""Kafka as the transport: publish by an idempotent producer, poll into the inbox, then commit offsets."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord

from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.events.topics import topics_read_by
from common.observability import metrics
from common.observability.health import Heartbeat, NotReady
from common.pausing import wait
from common.settings import KafkaSettings
from common.transport.base import Accept, OnBuried, Outgoing, Published
from common.transport.buried import keep_or_bury, read_again
from common.transport.gaps import NOWHERE, Gaps
from common.transport.holds import Holds
from common.transport.kafka_client import connection_options, topics_not_seen
from common.transport.kafka_publish import Publisher
from common.transport.kafka_records import incoming

log = structlog.get_logger()

Batch = Mapping[TopicPartition, Sequence[ConsumerRecord]]

POLL_MS = 250
POLL_RECORDS = 500
METADATA_AGE_MS = 15_000  # a topic created later is found within this time
TROUBLE_SECONDS = 1.0
GAP_SECONDS = 30.0  # between looks whether everything missed has come


class KafkaTransport:
    """One producer, and one consumer per subscribed service whose group is the service's name."""

    def __init__(self, settings: KafkaSettings, db: Database, accept: Accept) -> None:
        self.name = "transport"
        self.heartbeat = Heartbeat()
        self._settings, self._db, self._accept = settings, db, accept
        self._publisher = Publisher(settings)
        self._callbacks: dict[str, list[Callable[[], None]]] = {}
        self._on_buried: dict[str, OnBuried] = {}
        self._connected: set[str] = set()
        self._not_seen: dict[str, list[str]] = {}

    def subscribe(
        self, consumer: str, on_accepted: Callable[[], None], on_buried: OnBuried | None = None
    ) -> None:
        """Deliver the topics this service reads from the next `run` on, and call back after each commit."""
        self._callbacks.setdefault(consumer, []).append(on_accepted)
        if on_buried is not None:
            self._on_buried[consumer] = on_buried

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Send the rows; a key's next row goes out only after the acknowledgement of the one before."""
        return await self._publisher.publish(batch)

    async def check(self) -> None:
        """Raise unless the broker answers and every consumer has its connection."""
        await self._publisher.check()
        if not_seen := sorted({name for names in self._not_seen.values() for name in names}):
            raise NotReady(f"topics missing, or no right to see them: {', '.join(not_seen)}")
        if missing := sorted(set(self._callbacks) - self._connected):
            raise NotReady(f"no connection to the broker for {', '.join(missing)}")

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver to every subscribed service until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publisher.run(stop))
            for consumer in self._callbacks:
                if topics_read_by(consumer):
                    group.create_task(self._consume(consumer, stop))
                else:
                    self._connected.add(consumer)

    async def _consume(self, consumer: str, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self.heartbeat.beat()
            try:
                await self._wait_for_topics(consumer, stop)
                if not stop.is_set():
                    await self._read(consumer, stop)
            except (KafkaError, *DATABASE_TROUBLE) as error:
                log.warning("transport.consumer_failed", consumer=consumer, error=describe(error))
                await wait(stop, TROUBLE_SECONDS)

    async def _wait_for_topics(self, consumer: str, stop: asyncio.Event) -> None:
        """Return when the broker shows every topic that this service reads, or when told to stop."""
        topics, told = topics_read_by(consumer), False
        while not stop.is_set() and (names := await topics_not_seen(self._settings, topics)):
            self._not_seen[consumer] = names
            self.heartbeat.beat()
            if not told:
                said = "missing, or no right to see them; made by `python -m common.transport.topics apply`"
                log.warning("transport.topics_not_seen", consumer=consumer, topics=names, said=said)
            told = True
            await wait(stop, TROUBLE_SECONDS)
        self._not_seen.pop(consumer, None)

    async def _read(self, consumer: str, stop: asyncio.Event) -> None:
        kafka = self._open(consumer)
        try:
            await kafka.start()
            self._connected.add(consumer)
            await read_again(self._db, self._accept, consumer)
            await self._poll(kafka, consumer, stop)
        finally:
            self._connected.discard(consumer)
            await kafka.stop()

    def _open(self, consumer: str) -> AIOKafkaConsumer:
        prefix = self._settings.topic_prefix
        return AIOKafkaConsumer(
            *(prefix + topic.name for topic in topics_read_by(consumer)),
            **connection_options(self._settings),
            group_id=prefix + consumer,
            client_id=consumer,
            enable_auto_commit=False,
            auto_offset_reset="none",  # a place that is gone is told, not passed over
            metadata_max_age_ms=METADATA_AGE_MS,
        )

    async def _poll(self, kafka: AIOKafkaConsumer, consumer: str, stop: asyncio.Event) -> None:
        gaps, next_look = Gaps(self._db, consumer, self._settings.topic_prefix), 0.0
        holds = Holds(self._db, consumer)
        while not stop.is_set():
            self.heartbeat.beat()
            if time.monotonic() >= next_look:
                await gaps.close()
                await holds.run_once(kafka, self._settings)
                next_look = time.monotonic() + GAP_SECONDS
            batch = await self._fetch(kafka, gaps)
            if not batch:
                continue
            try:
                await self._keep(consumer, batch)
            except DATABASE_TROUBLE as error:
                log.warning("transport.batch_failed", consumer=consumer, error=describe(error))
                metrics.TRANSPORT_TROUBLE.labels(consumer).inc()
                _seek_back(kafka, batch)
                await wait(stop, TROUBLE_SECONDS)
                continue
            await self._commit(kafka, consumer, batch)
            for callback in self._callbacks[consumer]:
                callback()

    async def _fetch(self, kafka: AIOKafkaConsumer, gaps: Gaps) -> Batch:
        """Fetch the next records; none where the place to read at had to be found first."""
        try:
            batch: Batch = await kafka.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        except NOWHERE as error:
            await gaps.go_on(kafka, error)
            return {}
        return batch

    async def _keep(self, consumer: str, batch: Batch) -> None:
        messages = []
        for partition, records in batch.items():
            ours = [message for record in records if (message := incoming(record))]
            metrics.TRANSPORT_FOREIGN.labels(consumer, partition.topic).inc(len(records) - len(ours))
            if len(ours) < len(records):
                log.warning(
                    "transport.foreign_messages",
                    consumer=consumer,
                    topic=partition.topic,
                    partition=partition.partition,
                )
            messages += ours
        if messages:
            await keep_or_bury(self._db, self._accept, consumer, messages, self._on_buried.get(consumer))

    async def _commit(self, kafka: AIOKafkaConsumer, consumer: str, batch: Batch) -> None:
        try:
            await kafka.commit({partition: records[-1].offset + 1 for partition, records in batch.items()})
        except (KafkaError, IllegalStateError) as error:
            # Another member has these partitions now and reads them again; the inbox knows them already.
            log.info("transport.commit_failed", consumer=consumer, error=describe(error))


def _seek_back(kafka: AIOKafkaConsumer, batch: Batch) -> None:
    """Make the next poll give the same records again; what was taken from us its new owner reads."""
    for partition in kafka.assignment() & batch.keys():
        kafka.seek(partition, batch[partition][0].offset)
