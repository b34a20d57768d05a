"""One service as a process of its own, on PostgreSQL and Kafka."""

from collections.abc import Callable
from typing import Protocol

from common.db.engine import Database, open_database
from common.db.paused import PausedSessions
from common.http.transport import Network
from common.inbox.accept import accept
from common.parts import PartsWatch
from common.runtime import ServiceApp, serve
from common.settings import DatabaseSettings, KafkaSettings, OpsSettings
from common.transport.base import Transport
from common.transport.kafka import KafkaTransport


class ClusterSettings(Protocol):
    """What every service reads for this."""

    @property
    def database(self) -> DatabaseSettings: ...

    @property
    def kafka(self) -> KafkaSettings: ...

    @property
    def ops(self) -> OpsSettings: ...


Build = Callable[[Database, Transport, Network], ServiceApp]


async def serve_in_cluster(settings: ClusterSettings, build: Build) -> None:
    """Serve what `build` makes until told to stop; database, broker and network are closed after it."""
    db = open_database(settings.database)
    transport = KafkaTransport(settings.kafka, db, accept)
    try:
        async with Network() as network:
            service = build(db, transport, network)
            paused = PausedSessions(db, settings.database.idle_transaction_seconds)
            watch = PartsWatch(db, service.name, {**service.parts, "broker": transport.check})
            carrier = ServiceApp("transport", [transport, paused, watch], parts={"broker": transport.check})
            await serve([service, carrier], settings.ops)
    finally:
        await db.close()
