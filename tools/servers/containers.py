"""PostgreSQL and Kafka as containers, where an engine answers at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import DockerException
from testcontainers.community.kafka import KafkaContainer
from testcontainers.community.postgres import PostgresContainer

from tools.servers.processes import Server, Unavailable

ENGINE_SECONDS = 2
POSTGRES_IMAGE = "postgres:16"
KAFKA_IMAGE = "confluentinc/cp-kafka:7.9.0"  # the image this container class can start


@contextmanager
def container_postgres() -> Iterator[Server]:
    """Give PostgreSQL in a container that is removed afterwards."""
    _require_engine()
    container = PostgresContainer(POSTGRES_IMAGE, driver="asyncpg")
    container.with_command("postgres -c fsync=off -c full_page_writes=off -c max_connections=200")
    with _running(container):
        yield Server(container.get_connection_url(), f"container {POSTGRES_IMAGE}")


@contextmanager
def container_kafka() -> Iterator[Server]:
    """Give Apache Kafka in a container that is removed afterwards."""
    _require_engine()
    container = KafkaContainer(KAFKA_IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    with _running(container):
        yield Server(container.get_bootstrap_server(), f"container {KAFKA_IMAGE}")


def _require_engine() -> None:
    try:
        client = docker.from_env(timeout=ENGINE_SECONDS)
        client.ping()
        client.close()
    except DockerException:
        raise Unavailable("container: no engine answers") from None


@contextmanager
def _running(container: PostgresContainer | KafkaContainer) -> Iterator[None]:
    try:
        container.start()
    except Exception as reason:  # the engine's client and the image's start-up fail in many unrelated ways
        raise Unavailable(f"container: {container.image} did not start: {reason}") from reason
    try:
        yield
    finally:
        container.stop()
