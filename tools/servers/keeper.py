"""Keep one server running for a whole test run, whichever of its processes asked first.

`python -m tools.servers.keeper kafka --watch PID --answer FILE` writes what it found to FILE; it ends, and
the server with it, on SIGTERM or when the watched process is gone.
"""

import argparse
import dataclasses
import json
import os
import shutil
import signal
import threading
from pathlib import Path

from tools.servers.containers import container_kafka, container_postgres
from tools.servers.kafka import native_kafka
from tools.servers.mock import mock_kafka
from tools.servers.postgres import native_postgres
from tools.servers.processes import Source, Unavailable, first_available

WATCH_SECONDS = 0.5

SOURCES: dict[str, list[Source]] = {
    "postgres": [container_postgres, native_postgres],
    "kafka": [container_kafka, native_kafka, mock_kafka],
}


def main() -> None:
    """Give the first server that can be had and keep it as long as somebody may need it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(SOURCES))
    parser.add_argument("--watch", type=int, required=True, help="end when this process is gone")
    parser.add_argument(
        "--answer", type=Path, required=True, help="where to write address or reason, in a folder of that run"
    )
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    answer: Path = arguments.answer
    try:
        with first_available(SOURCES[arguments.kind]) as server:
            _write(answer, {**dataclasses.asdict(server), "keeper": os.getpid()})
            while not ended.wait(WATCH_SECONDS) and _alive(arguments.watch):
                pass
        answer.unlink(missing_ok=True)
        if not _alive(arguments.watch):
            # A run that was ended hard cannot clean up after itself.
            shutil.rmtree(answer.parent, ignore_errors=True)
    except Unavailable as reason:
        _write(answer, {"unavailable": str(reason)})


def _write(answer: Path, found: dict[str, object]) -> None:
    # Renamed into place, so a reader never sees half an answer; the folder may be gone after a hard stop.
    if answer.parent.exists():
        partial = answer.with_suffix(".partial")
        partial.write_text(json.dumps(found))
        partial.rename(answer)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
