"""Publish the outbox: lease slots, bring their rows out in order, mark them after the acknowledgement."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID, uuid4

import structlog

from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.observability import metrics
from common.observability.health import Heartbeat, NotReady
from common.outbox.record import SLOTS
from common.outbox.refusals import OnRefused, nobody, show_refused, show_taken
from common.outbox.slots import create_slots, lease_slots, mark_refused, mark_sent, read_unsent, release_slots
from common.pausing import wait
from common.settings import RelaySettings
from common.transport.base import Outgoing, Published, Publishes, TransportUnavailable

log = structlog.get_logger()

SLOTS_AT_ONCE = SLOTS // 2  # leaves work for a second relay
TROUBLE_SECONDS = 1.0
TROUBLE: tuple[type[Exception], ...] = (TransportUnavailable, *DATABASE_TROUBLE)


class Relay:
    """Publishes what one service recorded, beside any number of relays of the same service."""

    def __init__(
        self,
        db: Database,
        producer: str,
        transport: Publishes,
        settings: RelaySettings,
        on_refused: OnRefused = nobody,
    ) -> None:
        self.name = f"{producer}.relay"
        self.heartbeat = Heartbeat()
        self._db, self._producer, self._transport, self._settings = db, producer, transport, settings
        self._on_refused = on_refused
        self._recorded = asyncio.Event()
        self._prepared = False
        self._first_slot = 0  # of the next round: no slot waits until the others are empty
        self._trouble: str | None = None

    def wake(self) -> None:
        """Look for rows now instead of at the next poll; call it after a commit that recorded events."""
        self._recorded.set()

    async def check(self) -> None:
        """Raise when the last round failed."""
        if self._trouble:
            raise NotReady(f"{self.name}: {self._trouble}")

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until told to stop; a round that has begun is brought to its end."""
        stopping = asyncio.create_task(self._notice(stop))
        try:
            while not stop.is_set():
                self.heartbeat.beat()
                self._recorded.clear()
                try:
                    found = await self.run_once()
                    self._trouble = None
                except TROUBLE as error:
                    self._record_trouble(error)
                    await wait(stop, TROUBLE_SECONDS)
                    continue
                if not found:
                    await wait(self._recorded, self._settings.idle_poll_seconds)
        finally:
            stopping.cancel()

    async def run_once(self) -> int:
        """Publish one batch of every slot that is free; returns how many rows are out."""
        token = uuid4()
        async with self._db.sessions.of_queues() as session:
            if not self._prepared:
                await create_slots(session, self._producer)
            slots = await lease_slots(
                session,
                self._producer,
                token,
                most=SLOTS_AT_ONCE,
                seconds=self._settings.lease_seconds,
                first=self._first_slot,
            )
            rows = await read_unsent(session, self._producer, slots, self._settings.batch) if slots else []
        self._prepared = True
        if not slots:
            return 0
        self._first_slot = (slots[-1] + 1) % SLOTS
        try:
            # Past the lease another relay publishes the same rows; better to stop before.
            async with asyncio.timeout(self._settings.lease_seconds):
                published = await self._transport.publish(rows)
        except TROUBLE:
            await self._release(slots, token)
            raise
        await self._mark(rows, published, slots, token)
        return len(published.sent)

    async def _mark(
        self, rows: Sequence[Outgoing], published: Published, slots: Sequence[int], token: UUID
    ) -> None:
        waited: list[float] = []
        async with self._db.sessions.of_tenants(row.tenant_id for row in rows) as session:
            if published.sent:
                waited = await mark_sent(session, published.sent)
                await show_taken(session, self._producer, rows, published.sent, self._on_refused)
            if published.refused:
                await mark_refused(session, published.refused, self._settings.refused_retry_seconds)
                await show_refused(session, self._producer, rows, published.refused, self._on_refused)
            await release_slots(session, self._producer, slots, token)
        for seconds in waited:
            metrics.RELAY_LAG.labels(self._producer).observe(seconds)
        sent = set(published.sent)
        for topic, count in Counter(row.topic for row in rows if row.outbox_id in sent).items():
            metrics.RELAY_PUBLISHED.labels(self._producer, topic).inc(count)
        for row in rows:
            if reason := published.refused.get(row.outbox_id):
                log.error(
                    "relay.row_refused", producer=self._producer, outbox_id=row.outbox_id, reason=reason
                )
                metrics.RELAY_REFUSED.labels(self._producer, row.topic).inc()

    async def _release(self, slots: Sequence[int], token: UUID) -> None:
        try:
            async with self._db.sessions.of_queues() as session:
                await release_slots(session, self._producer, slots, token)
        except DATABASE_TROUBLE as error:
            log.warning("relay.release_failed", producer=self._producer, error=describe(error))

    def _record_trouble(self, error: Exception) -> None:
        self._trouble = describe(error)
        log.warning("relay.round_failed", producer=self._producer, error=self._trouble)
        metrics.RELAY_TROUBLE.labels(self._producer).inc()

    async def _notice(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._recorded.set()
