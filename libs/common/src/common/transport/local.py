"""The transport of one database: an outbox row becomes an inbox row of every service that reads its topic."""

import asyncio
from collections.abc import Callable, Sequence

from common.db.engine import Database
from common.events.topics import TOPICS
from common.transport.base import Accept, Incoming, Outgoing, Published
from common.transport.buried import keep_or_bury, read_again

READERS = {topic.name: topic.readers for topic in TOPICS}


class LocalTransport:
    """Delivers while it publishes; a reader that does not run finds its messages later."""

    def __init__(self, db: Database, accept: Accept) -> None:
        self.name = "transport"
        self._db, self._accept = db, accept
        self._callbacks: dict[str, list[Callable[[], None]]] = {}

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Put the rows into the inboxes of their topics' readers."""
        by_reader: dict[str, list[Incoming]] = {}
        for row in batch:
            for reader in READERS.get(row.topic, ()):
                by_reader.setdefault(reader, []).append(_incoming(row))
        for reader, messages in sorted(by_reader.items()):
            await keep_or_bury(self._db, self._accept, reader, messages)
        for reader in by_reader:
            for callback in self._callbacks.get(reader, ()):
                callback()
        return Published(sent=[row.outbox_id for row in batch])

    def subscribe(self, consumer: str, on_accepted: Callable[[], None]) -> None:
        """Call back after every delivery to this service; what it reads is said by the topics."""
        self._callbacks.setdefault(consumer, []).append(on_accepted)

    async def run(self, stop: asyncio.Event) -> None:
        """Read what is buried again; nothing else has to run: delivery happens while publishing."""
        for reader in self._callbacks:
            await read_again(self._db, self._accept, reader)
        await stop.wait()

    async def check(self) -> None:
        """Always ready when the database is."""


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
