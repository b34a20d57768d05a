"""The line of the crash tests: real PostgreSQL, Kafka and processes, and the simulated books beside them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from common.db.engine import Database
from common.events.topics import INGEST, TOPICS, TRANSIT_WRITER
from common.inbox.accept import accept
from common.outbox.relay import Relay
from common.settings import KafkaSettings
from common.transport.kafka import KafkaTransport
from common.transport.topic_admin import apply_topics
from e2e.crash.line import SCALE, CrashLine
from sandbox.testing import running_sandbox
from support.crashing import Nursery
from support.inbox import FAST_RELAY, running


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Starts processes quickly; those that are left end with it."""
    opened = Nursery()
    yield opened
    opened.close()


@pytest.fixture
async def kafka(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A real broker with topics that only this test uses."""
    settings = KafkaSettings(bootstrap_servers=real_kafka, topic_prefix=topic_prefix)
    await apply_topics(settings, TOPICS)
    return settings


@pytest.fixture
async def idle_line(
    postgres: Database, fresh_database: str, kafka: KafkaSettings, nursery: Nursery, tmp_path: Path
) -> AsyncIterator[CrashLine]:
    """Merchants with books that lag; nothing carries events yet. Every process is gone afterwards."""
    switches = {"lexware": {"rate_limit": False}}
    async with running_sandbox("lexware", time_scale=SCALE, switches=switches) as sandbox:
        made = CrashLine(postgres, fresh_database, kafka, sandbox.lexware, nursery, tmp_path)
        await made.set_up()
        try:
            yield made
        finally:
            for child in made.children:
                child.send(SIGKILL)
            for child in made.children:
                await child.ended()


@pytest.fixture
async def line(idle_line: CrashLine) -> AsyncIterator[CrashLine]:
    """The same, with a relay that publishes what ingest records and a reader that takes what is announced."""
    transport = KafkaTransport(idle_line.kafka, idle_line.db, accept)
    transport.subscribe(TRANSIT_WRITER, lambda: None)
    async with running(transport, Relay(idle_line.db, INGEST, transport, FAST_RELAY)):
        yield idle_line
