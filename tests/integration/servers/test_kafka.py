"""The broker that tests are given takes and delivers messages."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from fixtures.servers import ServerDesk


async def round_trip(bootstrap: str, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    """Publish three messages with one key and read them back in a group."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for number in range(3):
            await producer.send_and_wait(topic, key=b"order", value=b"%d" % number)
    finally:
        await producer.stop()
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=f"{topic}.group", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        messages = [await anext(consumer) for _ in range(3)]
        await consumer.commit()
    finally:
        await consumer.stop()
    return [(message.key, message.value) for message in messages]


async def make(bootstrap: str, *names: str) -> None:
    """Make topics of one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1) for name in names])
    finally:
        await admin.close()


async def test_messages_of_one_key_arrive_in_order(
    kafka_bootstrap: str, topic_prefix: str, server_desk: ServerDesk
) -> None:
    if server_desk.server("kafka").real:  # the mock cluster makes topics by itself
        await make(kafka_bootstrap, f"{topic_prefix}orders")
    delivered = await round_trip(kafka_bootstrap, f"{topic_prefix}orders")
    assert delivered == [(b"order", b"0"), (b"order", b"1"), (b"order", b"2")]


async def test_a_real_broker_keeps_messages_of_two_topics_apart(real_kafka: str, topic_prefix: str) -> None:
    await make(real_kafka, f"{topic_prefix}first", f"{topic_prefix}second")
    first = await round_trip(real_kafka, f"{topic_prefix}first")
    second = await round_trip(real_kafka, f"{topic_prefix}second")
    assert len(first) == len(second) == 3
