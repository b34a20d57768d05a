"""How to reach the broker, and the topics it must have."""

from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NodeNotReadyError, TopicAlreadyExistsError, for_code
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


async def create_topics(settings: KafkaSettings, topics: Sequence[Topic]) -> None:
    """Make the topics that are missing; those that exist stay as they are."""
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await admin.start()
    try:
        wanted = [
            NewTopic(
                name=settings.topic_prefix + topic.name,
                num_partitions=topic.partitions,
                replication_factor=settings.replication_factor,
                topic_configs={"retention.ms": str(int(topic.retention.total_seconds() * 1000))},
            )
            for topic in topics
        ]
        answer = await admin.create_topics(wanted)
    except AttributeError:
        # The admin client trips over metadata without a controller, as a cluster that elects one gives it.
        raise NodeNotReadyError("the cluster names no controller") from None
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)
