"""`make run-cluster` brings up the cluster profile, books the demo shop's documents and ends cleanly."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.servers.processes import free_ports

ROOT = Path(__file__).resolve().parents[2]
BOOKED_SECONDS = 150  # nothing here is measured: these end a test that hangs
STOP_SECONDS = 60
SANDBOX_PORTS = 4  # the directory and three simulators after it

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where the console output goes."""
    return tmp_path / "console"


@pytest.fixture
def cluster(
    output: Path, empty_database: str, real_kafka: str, topic_prefix: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The cluster's parent process, on a database and a broker of this test run."""
    port, sandbox_port, *_ = free_ports(1 + SANDBOX_PORTS)
    env = {
        "DATABASE_URL": empty_database,
        "KAFKA_BOOTSTRAP": real_kafka,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
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
