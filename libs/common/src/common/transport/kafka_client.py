"""How to reach the broker, and which topics it shows us."""

from collections.abc import Sequence
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.helpers import create_ssl_context

from common.events.topics import Topic
from common.settings import KafkaSettings


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """What producer, consumer and admin client need to connect."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
    }
    if "SSL" in settings.security_protocol:
        options["ssl_context"] = create_ssl_context()
    if settings.sasl_mechanism:
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        password = settings.sasl_password
        options["sasl_plain_password"] = password.get_secret_value() if password else None
    return options


async def partitions_of(settings: KafkaSettings, name: str) -> list[int]:
    """Ask which partitions a topic has now, also those that our clients do not know yet."""
    client = AIOKafkaClient(**connection_options(settings))
    try:
        await client.bootstrap()
        known = (await client.fetch_all_metadata()).partitions_for_topic(name)
    finally:
        await client.close()
    return sorted(known or ())


async def topics_not_seen(settings: KafkaSettings, topics: Sequence[Topic]) -> list[str]:
    """Ask which of the topics the broker does not show to this user.

    Asks for the list of all topics: a broker that makes topics by itself would make one asked for by name.
    """
    client = AIOKafkaClient(**connection_options(settings))
    try:
        await client.bootstrap()
        seen = (await client.fetch_all_metadata()).topics()
    finally:
        await client.close()
    return sorted({settings.topic_prefix + topic.name for topic in topics} - seen)
