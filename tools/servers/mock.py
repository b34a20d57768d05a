"""librdkafka's mock cluster: it speaks the protocol, but is no broker."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from tools.servers.processes import Server, Unavailable

METADATA_SECONDS = 10


@contextmanager
def mock_kafka() -> Iterator[Server]:
    """Give the address of a mock broker that lives inside a producer of this process."""
    producer = Producer({"bootstrap.servers": "unused:9092", "test.mock.num.brokers": 1})
    brokers = producer.list_topics(timeout=METADATA_SECONDS).brokers
    addresses = [f"{broker.host}:{broker.port}" for broker in brokers.values()]
    if not addresses:
        raise Unavailable("mock: librdkafka started no broker")
    yield Server(addresses[0], "librdkafka mock cluster", real=False)
    producer.flush(0)
