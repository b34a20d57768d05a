"""Readers understand every compression that a topic or a broker may be set to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import aiokafka.codec
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from common.db.engine import Database
from common.events.topics import INGEST_COMMANDS
from common.settings import KafkaSettings
from fixtures.servers import ServerDesk
from support.eventually import eventually
from support.inbox import order, running
from support.kafka_line import configure, has, in_force, outgoing, ready, transport
from support.topics import with_topics

CODECS = ("gzip", "snappy", "lz4", "zstd")
UseCodec = Callable[[str], Awaitable[None]]


@pytest.fixture
async def settings(real_kafka: str, topic_prefix: str) -> KafkaSettings:
    """A broker with topics that only this test uses."""
    return await with_topics(real_kafka, topic_prefix)


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The compressions that the client met while reading."""
    met: set[str] = set()

    def watched(codec: str, known: Callable[[], bool]) -> Callable[[], bool]:
        def look() -> bool:
            met.add(codec)
            return known()

        return look

    for codec in CODECS:
        name = f"has_{codec}"
        monkeypatch.setattr(aiokafka.codec, name, watched(codec, getattr(aiokafka.codec, name)))
    return met


@pytest.fixture
async def broker_codec(real_kafka: str, server_desk: ServerDesk) -> AsyncIterator[UseCodec]:
    """Sets the compression of the broker for topics that have none of their own; undone afterwards.

    All worker processes share the broker: one at a time may do this.
    """

    async def use(**settings: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=real_kafka)
        await admin.start()
        try:
            await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", settings)])
        finally:
            await admin.close()

    with server_desk.alone("broker-compression"):
        yield lambda codec: use(**{"compression.type": codec})
        await use()


@pytest.mark.parametrize("codec", CODECS)
async def test_a_compressed_topic_is_read(
    postgres: Database, settings: KafkaSettings, unpacked: set[str], codec: str
) -> None:
    await configure(settings, {"compression.type": codec})
    await delivered(postgres, settings, lambda: codec in unpacked)
    assert codec in unpacked


@pytest.mark.parametrize("codec", CODECS)
async def test_a_topic_of_a_broker_that_compresses_is_read(
    postgres: Database,
    settings: KafkaSettings,
    unpacked: set[str],
    codec: str,
    broker_codec: UseCodec,
) -> None:
    await configure(settings, {})  # nothing of its own: the broker's setting counts
    await broker_codec(codec)
    name = settings.topic_prefix + INGEST_COMMANDS.name
    await eventually(lambda: in_force(settings, name, {"compression.type": codec}), within=30)
    await delivered(postgres, settings, lambda: codec in unpacked)
    assert codec in unpacked


async def test_a_declared_topic_stays_as_the_producer_sent_it_on_a_broker_that_compresses(
    postgres: Database, settings: KafkaSettings, unpacked: set[str], broker_codec: UseCodec
) -> None:
    await broker_codec("zstd")
    await delivered(postgres, settings, lambda: True)
    assert unpacked == set()


async def delivered(db: Database, settings: KafkaSettings, enough: Callable[[], bool]) -> None:
    """Publish what is worth compressing, until the reader met enough: settings take a moment to count."""
    one = transport(settings, db)
    async with running(one):
        await eventually(lambda: ready(one), within=30)
        for number in range(1, 100):
            row = outgoing(number, order("a"), b'{"padding": "' + b"x" * 2000 + b'"}')
            assert list((await one.publish([row])).sent) == [number]
            await eventually(partial(has, db, number), within=30)
            if enough():
                return
