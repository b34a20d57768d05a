"""What tests of the line over Kafka share: transports, rows as a relay reads them, settings of a topic."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from common.db.engine import Database
from common.events.base import Event
from common.events.topics import API, INGEST, INGEST_COMMANDS
from common.inbox.accept import accept
from common.observability.health import NotReady
from common.outbox.relay import Relay
from common.settings import KafkaSettings
from common.transport.base import Accept, Outgoing
from common.transport.kafka import KafkaTransport
from support.eventually import eventually
from support.inbox import FAST_RELAY, TENANT, received


def transport(settings: KafkaSettings, db: Database, accepting: Accept = accept) -> KafkaTransport:
    """A transport that delivers to ingest."""
    one = KafkaTransport(settings, db, accepting)
    one.subscribe(INGEST, lambda: None)
    return one


def relay(db: Database, one: KafkaTransport) -> Relay:
    """A relay of the api's outbox."""
    return Relay(db, API, one, FAST_RELAY)


def outgoing(number: int, event: Event, payload: bytes) -> Outgoing:
    """A row as the relay reads it."""
    return Outgoing(
        outbox_id=number,
        event_id=event.event_id,
        type="ingest.order.fetch.v1",
        topic=INGEST_COMMANDS.name,
        tenant_id=TENANT,
        ordering_key=event.ordering_key,
        lane=event.lane,
        payload=payload,
        headers=event.headers(),
    )


async def configure(settings: KafkaSettings, limit: dict[str, str]) -> None:
    """Give the topic of ingest's commands these settings, and only these."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    name = settings.topic_prefix + INGEST_COMMANDS.name
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, limit)])

    await admin.close()
    await eventually(lambda: in_force(settings, name, limit), within=30)


async def in_force(settings: KafkaSettings, name: str, wanted: dict[str, str]) -> bool:
    """Whether the topic has these settings."""
    return await topic_settings(settings, name) >= set(wanted.items())


async def topic_settings(settings: KafkaSettings, name: str) -> set[tuple[str, str]]:
    """Every setting of a topic, with what holds by default."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    finally:
        await admin.close()
    return {(entry[0], entry[1]) for resource in answer.resources for entry in resource[4]}


async def has(db: Database, count: int) -> bool:
    """Whether so many messages are in the inbox."""
    return len(await received(db)) >= count


async def ready(one: KafkaTransport) -> bool:
    """Whether the transport says that it can carry messages."""
    try:
        await one.check()
    except NotReady:
        return False
    return True
