"""The producing side of Kafka: order per key under every failure, and rows that can never be sent."""

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from common.db.trouble import describe
from common.observability.health import NotReady
from common.settings import KafkaSettings
from common.transport.base import Outgoing, Published, TransportUnavailable
from common.transport.kafka_client import connection_options
from common.transport.kafka_records import record_headers

log = structlog.get_logger()

REQUEST_MS = 10_000
STOP_SECONDS = 5.0
RETRY_SECONDS = 0.5
CHECK_SECONDS = 2.0


class Publisher:
    """Keeps an idempotent producer connected and sends batches through it."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._broken = asyncio.Event()

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
            except (KafkaError, OSError) as error:
                log.warning("transport.producer_failed", error=describe(error))
                await producer.stop()
                await _first(RETRY_SECONDS, stop)
                continue
            self._broken.clear()
            self._producer = producer
            await _first(None, stop, self._broken)
            self._producer = None
            await _stop(producer)

    async def check(self) -> None:
        """Raise unless the broker answers."""
        if self._producer is None:
            raise NotReady("no connection to the broker")
        async with asyncio.timeout(CHECK_SECONDS):
            await self._producer.client.fetch_all_metadata()

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Send the rows in waves of one per key, so that no failure can swap two rows of a key."""
        queues: dict[str, deque[Outgoing]] = {}
        for row in batch:
            queues.setdefault(row.ordering_key, deque()).append(row)
        sent: list[int] = []
        refused: dict[int, str] = {}
        trouble: Exception | None = None
        while queues:
            wave = [queue.popleft() for queue in queues.values()]
            for row, error in zip(wave, await self._send_all(wave), strict=True):
                if error is None:
                    sent.append(row.outbox_id)
                    continue
                del queues[row.ordering_key]
                if isinstance(error, MessageSizeTooLargeError):
                    refused[row.outbox_id] = describe(error)
                else:
                    trouble = error
            queues = {key: queue for key, queue in queues.items() if queue}
        if trouble:
            self._broken.set()
            if not sent:
                raise TransportUnavailable(describe(trouble)) from trouble
        return Published(sent=sent, refused=refused)

    async def _send_all(self, wave: Sequence[Outgoing]) -> list[Exception | None]:
        try:
            results = await asyncio.gather(*(self._send(row) for row in wave))
        except asyncio.CancelledError:
            # Given up in the middle: what is still buffered must not fill up with repetitions.
            self._broken.set()
            raise
        if sum(isinstance(error, MessageSizeTooLargeError) for error in results) > 1:
            # The broker refuses a whole batch for one row; alone, only that row is refused.
            results = [
                await self._send(row) if error else None for row, error in zip(wave, results, strict=True)
            ]
        return results

    async def _send(self, row: Outgoing) -> Exception | None:
        try:
            if self._producer is None:
                raise TransportUnavailable("no connection to the broker")
            await self._producer.send_and_wait(
                self._settings.topic_prefix + row.topic,
                value=row.payload,
                key=row.ordering_key.encode(),
                headers=record_headers(row),
            )
        except (KafkaError, OSError, TransportUnavailable) as error:
            return error
        return None


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("transport.producer_left", error=describe(error))


async def _first(seconds: float | None, *events: asyncio.Event) -> None:
    """Return when one of the events is set or the time is over."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
