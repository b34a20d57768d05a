"""`make run-cluster` brings up the cluster profile, books the demo shop's documents and ends cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
BOOKED_SECONDS = 75
STOP_SECONDS = 30
SANDBOX_PORTS = 4  # the directory and three simulators after it


def free_ports_in_a_row(count: int) -> int:
    """Return the first of several neighbouring ports nobody listened on a moment ago."""
    while True:
        first = free_port()
        probes = [socket.socket() for _ in range(count)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return first


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the console output goes."""
    return tmp_path / "console"


@pytest.fixture
def cluster(
    output: Path, empty_database: str, real_kafka: str, topic_prefix: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The cluster's parent process, on a database and a broker of this test run."""
    env = {
        "DATABASE_URL": empty_database,
        "KAFKA_BOOTSTRAP": real_kafka,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
        "PORT": str(free_port()),
        "SANDBOX_PORT": str(free_ports_in_a_row(SANDBOX_PORTS)),
        "DEMO_RATE": "60",
    }
    with (
        output.open("wb") as console,
        subprocess.Popen(
            [sys.executable, "-m", "tools.cluster"],
            cwd=ROOT,
            env={**os.environ, **env},
            stdout=console,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        yield process
        process.terminate()


def test_a_document_is_booked_and_ctrl_c_ends_everything(
    cluster: subprocess.Popen[bytes], output: Path
) -> None:
    deadline = time.monotonic() + BOOKED_SECONDS
    while "booked" not in output.read_text():
        assert cluster.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)
    parts = [int(pid) for pid in re.findall(r"\(pid (\d+),", output.read_text())]
    assert all(alive(pid) for pid in parts)
    cluster.send_signal(signal.SIGINT)
    assert cluster.wait(STOP_SECONDS) == 0
    assert len(parts) == 5  # the sandbox and four services
    assert not any(alive(pid) for pid in parts)
    assert "Traceback" not in output.read_text()


def alive(pid: int) -> bool:
    """Whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
