"""The servers and processes a section runs on: new at its start, all ended when it ends."""

import asyncio
import json
import os
import secrets
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bench.simulators import Simulator
from common.db.engine import Database, open_database
from common.events.topics import TOPICS
from common.settings import DatabaseSettings, KafkaSettings
from common.transport.topic_admin import apply_topics
from tools.cluster import Cluster, Process
from tools.servers.databases import migrate
from tools.servers.kafka import native_kafka
from tools.servers.postgres import native_postgres
from tools.servers.processes import Server, free_port, private_folder

ROOT = Path(__file__).resolve().parents[1]
DURABLE: Mapping[str, str] = {}  # PostgreSQL as it comes: a commit is on the disk before it is answered


@dataclass(frozen=True)
class World:
    """PostgreSQL, Kafka and the simulators, and how to start services on them."""

    folder: Path
    postgres: Server
    kafka: Server
    key: SecretStr
    db: Database
    lexware: Simulator
    epages: Simulator

    @property
    def kafka_settings(self) -> KafkaSettings:
        """The broker as services see it."""
        return KafkaSettings(bootstrap_servers=self.kafka.address)

    @property
    def sources(self) -> tuple[str, str]:
        """What database and broker are, with their versions."""
        return self.postgres.source, self.kafka.source

    @property
    def paths(self) -> dict[str, str]:
        """Where a process finds this package; processes start in another folder."""
        return {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}

    @contextmanager
    def services(self, *names: str, **settings: str) -> Iterator[dict[str, Process]]:
        """Run these services as processes of their own; `settings` go to each of them."""
        with self._running({name: [name, "run"] for name in names}, settings) as parts:
            yield parts

    @contextmanager
    def service_as(self, name: str, command: Sequence[str], **settings: str) -> Iterator[Process]:
        """Run a module with the settings of this service."""
        with self._running({name: command}, settings) as parts:
            yield parts[name]

    @contextmanager
    def _running(
        self, commands: Mapping[str, Sequence[str]], settings: Mapping[str, str]
    ) -> Iterator[dict[str, Process]]:
        with ExitStack() as stack:
            cluster = Cluster(stack, self.folder)
            for name, command in commands.items():
                port = free_port()
                env = self._environment(name, port, settings)
                cluster.start(name, command, env, f"http://127.0.0.1:{port}/readyz")
            try:
                cluster.wait()
                yield {part.name: part for part in cluster.parts}
            finally:
                cluster.drain()

    def _environment(self, service: str, ops_port: int, settings: Mapping[str, str]) -> dict[str, str]:
        values = {
            "DATABASE__URL": self.postgres.address,
            "KAFKA__BOOTSTRAP_SERVERS": self.kafka.address,
            "ENCRYPTION_KEYS": self.key.get_secret_value(),
            "HOSTS__TRUSTED_HOSTS": "127.0.0.1",
            "LEXWARE__API_URL": self.lexware.base_url,
            "OPS__HOST": "127.0.0.1",
            "OPS__PORT": str(ops_port),
            "HOST": "127.0.0.1",
            "PORT": str(free_port()),
            **settings,
        }
        return self.paths | {f"{service.upper()}_{name}": value for name, value in values.items()}


@asynccontextmanager
async def running_world() -> AsyncIterator[World]:
    """Servers and simulators of one section; nothing of them is left afterwards."""
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder("bench"))
        postgres = await asyncio.to_thread(stack.enter_context, native_postgres(DURABLE))
        kafka = await asyncio.to_thread(stack.enter_context, native_kafka())
        await asyncio.to_thread(migrate, postgres.address)
        await apply_topics(KafkaSettings(bootstrap_servers=kafka.address), TOPICS)
        directory = _start_simulators(stack, folder)
        db = open_database(DatabaseSettings(url=postgres.address))
        async with (
            Simulator.open(directory["lexware"]) as lexware,
            Simulator.open(directory["epages"]) as epages,
        ):
            try:
                key = SecretStr(secrets.token_hex(32))
                yield World(folder, postgres, kafka, key, db, lexware, epages)
            finally:
                await db.close()


def _start_simulators(stack: ExitStack, folder: Path) -> dict[str, dict[str, str]]:
    ports = [str(free_port()) for _ in range(4)]
    options = ["--port", ports[0], "--epages-port", ports[1], "--lexware-port", ports[2]]
    url = f"http://127.0.0.1:{ports[0]}/"
    options += ["--vies-port", ports[3], "--data-dir", str(folder / "sandbox"), "--demo-rate", "0"]
    cluster = Cluster(stack, folder)
    cluster.start("sandbox", ["sandbox", *options], {}, url)
    cluster.wait()
    with urllib.request.urlopen(url, timeout=10) as answer:
        simulators: dict[str, dict[str, str]] = json.load(answer)["simulators"]
    return simulators
