"""What a process of the crash tests can be: a real service that ends or stops at an appointed step."""

import math
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from common.cluster import serve_in_cluster
from common.db.engine import Database
from common.events.topics import INGEST
from common.http.gate import Gate
from common.http.transport import Network
from common.inbox.accept import accept
from common.outbox.relay import Relay
from common.runtime import ServiceApp, run
from common.settings import DatabaseSettings, KafkaSettings, OpsSettings, RelaySettings
from common.transport.base import Incoming, Outgoing, Published, Transport
from invoice_writer.app import ClusterSettings, build

AT_GATE = "at_gate"  # everything but the last byte is out, the gate is not asked yet
BEFORE_INBOX, BEFORE_OFFSETS = "before_inbox", "before_offsets"
BEFORE_PUBLISH, ROW_ACKNOWLEDGED, BEFORE_MARK = "before_publish", "row_acknowledged", "before_mark"


@dataclass
class Fate:
    """Sends this process a signal when it reaches a step for the n-th time; without a step it lives on."""

    step: str | None = None
    at: int = 0
    number: int = signal.SIGKILL
    reached: int = 0

    def reach(self, step: str) -> None:
        """Count the step, and let it happen when its time has come."""
        if step != self.step:
            return
        self.reached += 1
        if self.reached == self.at:
            os.kill(os.getpid(), self.number)


def writer(fate: Fate) -> None:
    """The invoice writer as it runs in a cluster; only the crash points of its effects are ours."""
    settings = ClusterSettings()

    def service(db: Database, transport: Transport, network: Network) -> ServiceApp:
        return build(settings, db, transport, network, crash_points=fate)

    check, commit = Gate.check, AIOKafkaConsumer.commit

    def watched_check(gate: Gate) -> None:
        if math.isfinite(gate.patience):  # that of a file never shuts
            fate.reach(AT_GATE)
        check(gate)

    async def watched_accept(session: AsyncSession, consumer: str, messages: Sequence[Incoming]) -> int:
        fate.reach(BEFORE_INBOX)
        return await accept(session, consumer, messages)

    async def watched_commit(consumer: AIOKafkaConsumer, offsets: Any = None) -> None:
        fate.reach(BEFORE_OFFSETS)
        await commit(consumer, offsets)

    with (
        patch.object(Gate, "check", watched_check),
        patch("common.cluster.accept", watched_accept),
        patch.object(AIOKafkaConsumer, "commit", watched_commit),
    ):
        run(serve_in_cluster(settings, service))


class RelaySettingsOfProcess(BaseSettings):
    """What a relay alone in its process reads from its environment."""

    model_config = SettingsConfigDict(env_prefix="RELAY_", env_nested_delimiter="__", frozen=True)

    database: DatabaseSettings
    kafka: KafkaSettings
    relay: RelaySettings = RelaySettings()
    ops: OpsSettings = OpsSettings()


@dataclass
class WatchedPublishing:
    """The real transport with a step before and after each batch."""

    transport: Transport
    fate: Fate

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Publish and come back before anything is marked."""
        self.fate.reach(BEFORE_PUBLISH)
        published = await self.transport.publish(batch)
        self.fate.reach(BEFORE_MARK)
        return published


def relay(fate: Fate) -> None:
    """The relay of ingest's outbox in a process of its own."""
    settings = RelaySettingsOfProcess()

    def service(db: Database, transport: Transport, network: Network) -> ServiceApp:
        publishing = WatchedPublishing(transport, fate)
        return ServiceApp("ingest", [Relay(db, INGEST, publishing, settings.relay)])

    send = AIOKafkaProducer.send

    async def watched_send(producer: AIOKafkaProducer, *record: Any, **options: Any) -> Any:
        acknowledged = await send(producer, *record, **options)
        acknowledged.add_done_callback(lambda _: fate.reach(ROW_ACKNOWLEDGED))
        return acknowledged

    with patch.object(AIOKafkaProducer, "send", watched_send):
        run(serve_in_cluster(settings, service))


ROLES: Mapping[str, Callable[[Fate], None]] = {"writer": writer, "relay": relay}
