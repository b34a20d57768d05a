"""A private Apache Kafka broker in KRaft mode, its jars fetched once by Maven coordinates."""

import asyncio
import base64
import re
import shutil
import socket
import subprocess
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from tools.servers.jars import kept_jars
from tools.servers.processes import (
    Server,
    Unavailable,
    free_port,
    private_folder,
    running,
    started,
    wait_until,
)

POM = Path(__file__).resolve().parents[1] / "kafka" / "pom.xml"
VERSION = ET.parse(POM).findtext(".//{*}kafka.version", default="")
OLDEST_JAVA = 17
START_SECONDS = 60
HEAP = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
LOGGING = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]

# One node is broker and controller; every internal topic has one replica and few partitions.
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/data
num.partitions=1
auto.create.topics.enable=false
offsets.retention.minutes=43200
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.enable=false
"""


@contextmanager
def native_kafka() -> Iterator[Server]:
    """Give a new, empty broker on a free loopback port; it and its data are gone afterwards."""
    java = find_java()
    jars = fetch_jars()
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder("kafka"))
        command = [java, *HEAP, *LOGGING, "-cp", f"{jars}/*"]
        port = started(stack, lambda trial: _start(trial, command, folder))
        yield Server(f"127.0.0.1:{port}", f"native Apache Kafka {VERSION}")


def find_java() -> str:
    """Return a Java that can run the broker."""
    java = shutil.which("java")
    if java is None:
        raise Unavailable("native: no java found")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(\d+)', said)
    if match is None or int(match[1]) < OLDEST_JAVA:
        raise Unavailable(f"native: Java {OLDEST_JAVA} or newer is needed")
    return java


def fetch_jars() -> Path:
    """Return the folder with the broker's jars, fetched with Maven if this machine has not kept them."""
    return kept_jars(POM, f"kafka-{VERSION}", "Apache Kafka")


def _start(stack: ExitStack, java: list[str], folder: Path) -> int:
    log, port = folder / "server.log", free_port()
    config = _write_settings(folder, port)
    _format(java, config, folder)
    process = stack.enter_context(running([*java, "kafka.Kafka", config], log=log, stop_seconds=5))
    wait_until(lambda: _answers(port), process, name="native Apache Kafka", log=log, seconds=START_SECONDS)
    return port


def _write_settings(folder: Path, port: int) -> Path:
    config = folder / "server.properties"
    config.write_text(SETTINGS.format(folder=folder, port=port, controller_port=free_port()))
    return config


def _format(java: list[str], config: Path, folder: Path) -> None:
    shutil.rmtree(folder / "data", ignore_errors=True)
    # The letter in front keeps the id from looking like an option.
    cluster_id = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
    command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"native: Apache Kafka storage could not be formatted: {done.stdout}{done.stderr}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        listening = probe.connect_ex(("127.0.0.1", port)) == 0
    return listening and asyncio.run(_brokers(f"127.0.0.1:{port}"))


async def _brokers(bootstrap: str) -> bool:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()
