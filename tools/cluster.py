"""Start the cluster profile without containers: PostgreSQL, Kafka, migrations, the sandbox and each service.

Everything is new at each start and gone afterwards, except for what DATABASE_URL and KAFKA_BOOTSTRAP name.
"""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError
from pydantic import SecretStr

from common.events.topics import TOPICS
from common.http.transport import Network
from common.observability.logging import configure_logging
from common.settings import KafkaSettings
from common.transport.topic_admin import apply_topics
from standalone.demo import Demo
from tools.servers.databases import MigrationFailed, migrate
from tools.servers.kafka import native_kafka
from tools.servers.postgres import native_postgres
from tools.servers.processes import Server, Source, Unavailable, free_port, log_tail, private_folder, running

READY_SECONDS = 60
DRAIN_SECONDS = 30
CHECK_SECONDS = 0.5
SECRET_BYTES = 32
SERVICES = ("ingest", "invoice_writer", "transit_writer", "api")

DemoCall = Callable[[Network], Demo]


class StartFailed(Exception):
    """A process of the cluster ended or never became ready."""


@dataclass(frozen=True)
class Process:
    """A running part of the cluster and where its health can be asked."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    ready_url: str

    def check(self) -> None:
        """Raise with its last words if it has ended."""
        if self.process.poll() is not None:
            raise StartFailed(f"{self.name} ended with code {self.process.returncode}: {log_tail(self.log)}")

    def ready(self) -> bool:
        """Whether it answers that it can do its work."""
        try:
            with urllib.request.urlopen(self.ready_url, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError):
            return False


class Cluster:
    """Starts the parts in order and knows them all."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self.folder = stack, folder
        self.parts: list[Process] = []

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], ready_url: str) -> None:
        """Start one part without waiting for it."""
        log = self.folder / f"{name}.log"
        process = self._stack.enter_context(
            running([sys.executable, "-m", *command], log=log, env=env, stop_seconds=DRAIN_SECONDS)
        )
        self.parts.append(Process(name, process, log, ready_url))

    def wait(self) -> None:
        """Return once every part is ready."""
        deadline = time.monotonic() + READY_SECONDS
        for part in self.parts:
            while not part.ready():
                part.check()
                if time.monotonic() > deadline:
                    raise StartFailed(
                        f"{part.name} is not ready after {READY_SECONDS} s: {log_tail(part.log)}"
                    )
                time.sleep(0.1)

    def drain(self) -> None:
        """Return when every part has ended, each asked once and all at the same time."""
        for part in self.parts:
            if part.process.poll() is None:
                part.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        for part in self.parts:
            with suppress(subprocess.TimeoutExpired):
                part.process.wait(max(0.0, deadline - time.monotonic()))


def main() -> int:
    """Run until Ctrl-C or until a part ends by itself."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    configure_logging(format="console", level="WARNING")
    try:
        with ExitStack() as stack:
            cluster = Cluster(stack, stack.enter_context(private_folder("cluster")))
            try:
                demo = start_all(cluster, stack)
                asyncio.run(watch(cluster, demo, stop))
                say("stopping …")
            finally:
                cluster.drain()
    except (Unavailable, MigrationFailed, StartFailed, KafkaError) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


async def watch(cluster: Cluster, demo: DemoCall, stop: threading.Event) -> None:
    """Show what becomes of the demo tenant's documents until told to stop or until a part ends."""
    ended = asyncio.Event()
    async with Network() as network:
        showing = asyncio.create_task(demo(network).run(ended))
        while not stop.is_set():
            for part in cluster.parts:
                part.check()
            if showing.done():
                break
            await asyncio.sleep(CHECK_SECONDS)
        ended.set()
        await showing


def start_all(cluster: Cluster, stack: ExitStack) -> DemoCall:
    """Start everything in the order in which it is needed and print where it is."""
    database = stack.enter_context(given_or("DATABASE_URL", native_postgres))
    say(f"database        {database.address} ({database.source})")
    migrate(database.address)
    kafka = stack.enter_context(given_or("KAFKA_BOOTSTRAP", native_kafka))
    say(f"broker          {kafka.address} ({kafka.source})")
    prefix = os.environ.get("KAFKA_TOPIC_PREFIX", "")
    asyncio.run(apply_topics(KafkaSettings(bootstrap_servers=kafka.address, topic_prefix=prefix), TOPICS))
    directory = start_sandbox(cluster)
    api_url = f"http://127.0.0.1:{api_port()}"
    token = os.environ.get("ADMIN_TOKEN") or secrets.token_hex(SECRET_BYTES)
    shared = {
        "DATABASE__URL": database.address,
        "KAFKA__BOOTSTRAP_SERVERS": kafka.address,
        "KAFKA__TOPIC_PREFIX": prefix,
        "ENCRYPTION_KEYS": os.environ.get("ENCRYPTION_KEYS") or secrets.token_hex(SECRET_BYTES),
        "ADMIN_TOKEN": token,
        "HOSTS__TRUSTED_HOSTS": "127.0.0.1",
        "LEXWARE__API_URL": directory["lexware"]["base_url"],
        "LEXWARE__APP_URL": directory["lexware"]["app_url"],
        "VIES__API_URL": directory["vies"]["base_url"],
        "HOST": "127.0.0.1",
        "OPS__HOST": "127.0.0.1",
    }
    for service in SERVICES:
        start_service(cluster, service, shared)
    cluster.wait()
    for part in cluster.parts:
        say(f"{part.name:15} {part.ready_url} (pid {part.process.pid}, log {part.log})")
    say(f"REST interface  {api_url}/docs with bearer token {token}")
    say("Ctrl-C ends all of it.")
    return lambda network: Demo(network, api_url, SecretStr(token), directory)


def given_or(variable: str, source: Source) -> AbstractContextManager[Server]:
    """Give the server that a variable names, or a new one."""
    if address := os.environ.get(variable):
        return nullcontext(Server(address, f"given by {variable}"))
    return source()


def start_sandbox(cluster: Cluster) -> dict[str, dict[str, str]]:
    """Start the simulators and return where each of them is."""
    url = f"http://127.0.0.1:{os.environ.get('SANDBOX_PORT') or '9100'}/"
    cluster.start("sandbox", ["sandbox"], {"DATA_DIR": str(cluster.folder)}, url)
    cluster.wait()
    with urllib.request.urlopen(url, timeout=10) as answer:
        simulators: dict[str, dict[str, str]] = json.load(answer)["simulators"]
    return simulators


def start_service(cluster: Cluster, service: str, shared: Mapping[str, str]) -> None:
    """Start one service with its own copy of the settings and an ops port of its own."""
    ops_port = free_port()
    settings = {**shared, "OPS__PORT": str(ops_port)}
    settings["PORT"] = str(api_port() if service == "api" else free_port())
    env = {f"{service.upper()}_{name}": value for name, value in settings.items()}
    cluster.start(service, [service, "run"], env, f"http://127.0.0.1:{ops_port}/readyz")


def api_port() -> int:
    """The port that the environment asks for."""
    return int(os.environ.get("PORT") or "8080")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
