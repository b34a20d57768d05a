"""The producing side of Kafka: order per key under every failure, and rows that can never be sent."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from common.db.trouble import describe
from common.observability.health import NotReady
from common.pausing import wait, wait_for_any
from common.settings import KafkaSettings
from common.transport.base import Outgoing, Published, TransportUnavailable
from common.transport.kafka_client import connection_options
from common.transport.kafka_records import record_headers

log = structlog.get_logger()

REQUEST_MS = 10_000
PUBLISH_SECONDS = 5.0  # then what is out is marked: a relay's lease must not end over many rows of one key
STOP_SECONDS = 5.0
RETRY_SECONDS = 0.5
CHECK_SECONDS = 2.0
TOPIC_SECONDS = 60.0  # a missing topic may be under way; then its rows are refused, and others go on

Line = tuple[str, str]  # topic and ordering key


class RowTooLarge(Exception):
    """A row is larger than producer or broker take."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a payload of {size} bytes is too large for the broker")


class TopicNotSeen(Exception):
    """The broker does not show a topic to this user."""

    def __init__(self, name: str) -> None:
        super().__init__(f"topic {name} is missing, or there is no right to see it")


class Publisher:
    """Keeps an idempotent producer connected and sends batches through it."""

    def __init__(self, settings: KafkaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._producer: AIOKafkaProducer | None = None
        self._broken = asyncio.Event()
        self._seen: set[str] = set()
        self._not_seen: dict[str, float] = {}  # since when

    async def run(self, stop: asyncio.Event) -> None:
        """Keep a producer connected; one that failed in the middle is replaced."""
        while not stop.is_set():
            producer = AIOKafkaProducer(
                **connection_options(self._settings),
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=REQUEST_MS,
            )
            try:
                await producer.start()
                self._broken.clear()
                self._producer = producer
                await wait_for_any(stop, self._broken, seconds=None)
            except (KafkaError, OSError) as error:
                log.warning("transport.producer_failed", error=describe(error))
                await wait(stop, RETRY_SECONDS)
            finally:
                self._producer = None
                await _stop(producer)

    async def check(self) -> None:
        """Raise unless the broker answers."""
        if self._producer is None or self._broken.is_set():
            raise NotReady("no connection to the broker")
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._producer.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError):
            raise NotReady("the broker does not answer") from None

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Send the rows in waves of one per topic and key, so that no failure can swap two rows of a key.

        No wave begins after some seconds; the rows left are in neither part of the answer.
        """
        refused, waiting = await self._without_topic(batch)
        queues: dict[Line, deque[Outgoing]] = {}
        for row in batch:
            if row.outbox_id not in refused and row.outbox_id not in waiting:
                queues.setdefault((row.topic, row.ordering_key), deque()).append(row)
        sent: list[int] = []
        trouble: Exception | None = next(iter(waiting.values()), None)
        until = self._clock() + PUBLISH_SECONDS
        while queues and self._clock() < until:
            wave = [queue.popleft() for queue in queues.values()]
            for row, error in zip(wave, await self._send_all(wave), strict=True):
                if error is None:
                    sent.append(row.outbox_id)
                    continue
                del queues[row.topic, row.ordering_key]
                if isinstance(error, RowTooLarge):
                    refused[row.outbox_id] = describe(error)
                else:
                    self._broken.set()
                    trouble = error
            queues = {key: queue for key, queue in queues.items() if queue}
        if trouble and not sent and not refused:
            raise TransportUnavailable(describe(trouble)) from trouble
        return Published(sent=sent, refused=refused)

    async def _without_topic(
        self, batch: Sequence[Outgoing]
    ) -> tuple[dict[int, str], dict[int, TopicNotSeen]]:
        """List rows to refuse, and rows to wait with, because the broker does not show their topic."""
        refused: dict[int, str] = {}
        waiting: dict[int, TopicNotSeen] = {}
        if self._producer is None or {self._name(row) for row in batch} <= self._seen:
            return refused, waiting
        try:
            # All are listed: a broker that makes topics by itself would make one that is sent to.
            self._seen = set((await self._producer.client.fetch_all_metadata()).topics())
        except (KafkaError, OSError) as error:
            raise TransportUnavailable(describe(error)) from error
        now, missing = self._clock(), {self._name(row) for row in batch} - self._seen
        self._not_seen = {name: self._not_seen.get(name, now) for name in sorted(missing)}
        for row in batch:
            if (name := self._name(row)) in missing:
                if now - self._not_seen[name] < TOPIC_SECONDS:
                    waiting[row.outbox_id] = TopicNotSeen(name)
                else:
                    refused[row.outbox_id] = describe(TopicNotSeen(name))
        return refused, waiting

    def _name(self, row: Outgoing) -> str:
        return self._settings.topic_prefix + row.topic

    async def _send_all(self, wave: Sequence[Outgoing]) -> list[Exception | None]:
        try:
            results = await asyncio.gather(*(self._send(row) for row in wave))
        except asyncio.CancelledError:
            # Given up in the middle: what is still buffered must not fill up with repetitions.
            self._broken.set()
            raise
        # The broker refuses a whole batch for one row: the largest is to blame, the others go next time.
        blamed = [
            position for position, error in enumerate(results) if isinstance(error, MessageSizeTooLargeError)
        ]
        if blamed:
            # The client counts the refused batch as sent: it can bring nothing more to that partition.
            self._broken.set()
            largest = max(blamed, key=lambda position: len(wave[position].payload))
            results[largest] = RowTooLarge(len(wave[largest].payload))
        return results

    async def _send(self, row: Outgoing) -> Exception | None:
        if self._producer is None:
            return TransportUnavailable("no connection to the broker")
        try:
            acknowledged = await self._producer.send(
                self._name(row),
                value=row.payload,
                key=row.ordering_key.encode(),
                headers=record_headers(row),
            )
        except MessageSizeTooLargeError:
            return RowTooLarge(len(row.payload))
        except (KafkaError, OSError) as error:
            return error
        try:
            await acknowledged
        except (KafkaError, OSError) as error:
            return error
        return None


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("transport.producer_left", error=describe(error))
