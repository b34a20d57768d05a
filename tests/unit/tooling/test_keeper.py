"""The keeper of a server never outlives the test run it serves."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 30

# A source that needs nothing installed: the keeper's own behaviour is what is looked at.
KEEPER = """
import sys
from contextlib import contextmanager
from tools.servers import keeper
from tools.servers.processes import Server, Unavailable

@contextmanager
def pretend():
    if "none" in sys.argv[0]:
        raise Unavailable("nothing here")
    yield Server("127.0.0.1:1", "pretended")

keeper.SOURCES = {"kafka": [pretend]}
keeper.main()
"""


def start(folder: Path, watched: int, name: str = "keeper.py") -> tuple[subprocess.Popen[bytes], Path]:
    """Start a keeper and wait for its answer."""
    script, answer = folder / name, folder / "run" / "kafka.json"
    answer.parent.mkdir()
    script.write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{KEEPER}")
    keeper = subprocess.Popen([sys.executable, script, "kafka", "--watch", str(watched), "--answer", answer])
    deadline = time.monotonic() + SECONDS
    while not answer.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return keeper, answer


@pytest.fixture
def watched() -> Iterator[subprocess.Popen[bytes]]:
    """A process to watch."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def test_the_server_is_told_and_ends_with_the_watched_process(
    tmp_path: Path, watched: subprocess.Popen[bytes]
) -> None:
    keeper, answer = start(tmp_path, watched.pid)
    assert json.loads(answer.read_text())["address"] == "127.0.0.1:1"
    assert keeper.poll() is None
    watched.kill()
    watched.wait()
    assert keeper.wait(SECONDS) == 0
    assert not answer.parent.exists()


def test_a_stopped_keeper_takes_its_answer_back(tmp_path: Path, watched: subprocess.Popen[bytes]) -> None:
    keeper, answer = start(tmp_path, watched.pid)
    keeper.terminate()
    assert keeper.wait(SECONDS) == 0
    assert answer.parent.exists()
    assert not answer.exists()


def test_without_a_server_the_reason_is_left(tmp_path: Path, watched: subprocess.Popen[bytes]) -> None:
    keeper, answer = start(tmp_path, watched.pid, "none.py")
    assert keeper.wait(SECONDS) == 0
    assert json.loads(answer.read_text()) == {"unavailable": "nothing here"}
