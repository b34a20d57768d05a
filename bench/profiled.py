"""Runs the invoice writer and watches where its time goes: samples of its thread, and its SQL statements.

Run as a process of its own: `python -m bench.profiled RESULT`.
"""

import json
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from common.cluster import serve_in_cluster
from common.db.engine import Database
from common.http.transport import Network
from common.runtime import ServiceApp, run
from common.transport.base import Transport
from invoice_writer.app import ClusterSettings, build

SAMPLE_SECONDS = 0.002  # of processor time
WORTH_NAMING = 0.05
LOOP = "event loop and standard library"
GROUPS = {
    "sqlalchemy": "SQLAlchemy",
    "asyncpg": "asyncpg",
    "aiohttp": "HTTP client (aiohttp)",
    "httpx": "HTTP client (httpx)",
    "httpx_aiohttp": "HTTP client (httpx)",
    "httpcore": "HTTP client (httpx)",
    "aiokafka": "Kafka client",
    "pydantic": "pydantic",
    "structlog": "logs and metrics",
    "prometheus_client": "logs and metrics",
    "opentelemetry": "logs and metrics",
    "common": "our own code",
    "invoice_writer": "our own code",
}
STATEMENT = re.compile(r"^\s*(\w+)(?:.*?\b(?:FROM|INTO|UPDATE)\s+|\s+)([\w.]+)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What was seen: samples per group of code, statements and transactions by kind."""

    samples: dict[str, int]
    statements: dict[str, int]

    @classmethod
    def read(cls, path: Path) -> "Profile":
        """What a watched process left behind."""
        return cls(**json.loads(path.read_text()))

    def shares(self) -> list[tuple[str, float]]:
        """Each group's share of the samples, largest first."""
        total = sum(self.samples.values())
        return [(name, count / total) for name, count in Counter(self.samples).most_common()]

    def per_document(self, documents: int) -> list[tuple[str, float]]:
        """How often each statement was sent per document, most often first; rare ones are left out."""
        most = Counter(self.statements).most_common()
        return [(name, count / documents) for name, count in most if count / documents >= WORTH_NAMING]


class Sampler:
    """Notes which code runs each time the process has used a few more milliseconds of the processor.

    The signal is answered by the main thread itself between two of its own steps. A thread that looks from
    outside would be let in only where the main thread waits, and would see hardly anything else.
    """

    def __init__(self) -> None:
        self.samples: Counter[str] = Counter()

    def start(self) -> None:
        """Watch the main thread from now on."""
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)

    def stop(self) -> None:
        """Watch no longer."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.samples[group_of(frame)] += 1


def group_of(frame: FrameType | None) -> str:
    """The innermost code that is not the standard library's; what only the event loop is in counts as its."""
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in GROUPS:
            module = str(frame.f_globals.get("__name__", ""))
            return LOOP if module in ("common.runtime", "common.cluster") else GROUPS[package]
        frame = frame.f_back
    return LOOP


def kind_of(statement: str) -> str:
    """Verb and table of a statement."""
    found = STATEMENT.match(statement)
    return f"{found.group(1).upper()} {found.group(2)}" if found else statement[:40]


def main(result: Path) -> None:
    """Serve until told to stop, then leave the profile behind."""
    sampler, statements = Sampler(), Counter[str]()
    _count(statements)
    settings = ClusterSettings()

    def service(db: Database, transport: Transport, network: Network) -> ServiceApp:
        return build(settings, db, transport, network)

    sampler.start()
    try:
        run(serve_in_cluster(settings, service))
    finally:
        sampler.stop()
        result.write_text(json.dumps({"samples": sampler.samples, "statements": statements}))


def _count(statements: Counter[str]) -> None:
    @event.listens_for(Engine, "before_cursor_execute")
    def count_statement(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements[kind_of(statement)] += 1

    @event.listens_for(Engine, "begin")
    def count_transaction(connection: Any) -> None:
        statements["transactions"] += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]))
