"""The transport of one database: an outbox row becomes an inbox row of every service that reads its topic."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.events.topics import TOPICS
from common.pausing import every
from common.transport.base import Accept, Incoming, OnBuried, Outgoing, Published
from common.transport.buried import keep_or_bury, read_again
from common.transport.holds import Holds

log = structlog.get_logger()

HOLD_SECONDS = 30.0
READERS = {topic.name: topic.readers for topic in TOPICS}


class LocalTransport:
    """Delivers while it publishes; a reader that does not run finds its messages later."""

    def __init__(self, db: Database, accept: Accept) -> None:
        self.name = "transport"
        self._db, self._accept = db, accept
        self._callbacks: dict[str, list[Callable[[], None]]] = {}
        self._on_buried: dict[str, OnBuried] = {}

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Put the rows into the inboxes of their topics' readers."""
        by_reader: dict[str, list[Incoming]] = {}
        for row in batch:
            for reader in READERS.get(row.topic, ()):
                by_reader.setdefault(reader, []).append(_incoming(row))
        for reader, messages in sorted(by_reader.items()):
            await keep_or_bury(self._db, self._accept, reader, messages, self._on_buried.get(reader))
        for reader in by_reader:
            for callback in self._callbacks.get(reader, ()):
                callback()
        return Published(sent=[row.outbox_id for row in batch])

    def subscribe(
        self, consumer: str, on_accepted: Callable[[], None], on_buried: OnBuried | None = None
    ) -> None:
        """Call back after every delivery to this service; what it reads is said by the topics."""
        self._callbacks.setdefault(consumer, []).append(on_accepted)
        if on_buried is not None:
            self._on_buried[consumer] = on_buried

    async def run(self, stop: asyncio.Event) -> None:
        """Read what is buried again and look after what is held; delivery happens while publishing."""
        for reader in self._callbacks:
            await read_again(self._db, self._accept, reader)
        holds = [Holds(self._db, reader) for reader in self._callbacks]
        async for _ in every(HOLD_SECONDS, stop):
            for held in holds:
                try:
                    await held.run_once()
                except DATABASE_TROUBLE as error:
                    log.warning("transport.look_failed", error=describe(error))

    async def check(self) -> None:
        """Raise nothing: this transport is ready when the database is."""


def _incoming(row: Outgoing) -> Incoming:
    return Incoming(
        event_id=row.event_id,
        type=row.type,
        tenant_id=row.tenant_id,
        ordering_key=row.ordering_key,
        lane=row.lane,
        payload=row.payload,
        headers=dict(row.headers),
        predecessor=row.predecessor,
    )
