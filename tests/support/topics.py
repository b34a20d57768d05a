"""The topics of a test on whichever broker it was given."""

from aiokafka.client import AIOKafkaClient

from common.events.topics import TOPICS
from common.settings import KafkaSettings
from common.transport.topic_admin import apply_topics


async def with_topics(bootstrap: str, prefix: str, *, real: bool = True) -> KafkaSettings:
    """Make all our topics under this prefix, and return the settings of a broker that has them.

    librdkafka's mock cluster has no requests for that: it makes a topic when it is asked about one.
    """
    settings = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=prefix)
    if real:
        await apply_topics(settings, TOPICS)
        return settings
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        await client.set_topics([prefix + topic.name for topic in TOPICS])
    finally:
        await client.close()
    return settings
