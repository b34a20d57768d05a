"""Servers are taken from the first source that has one, and end with everything they made."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tools.servers import processes
from tools.servers.processes import (
    START_ATTEMPTS,
    Server,
    Source,
    Unavailable,
    first_available,
    free_port,
    free_ports,
    private_folder,
    running,
    started,
    wait_until,
)

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def source(name: str, closed: list[str], *, refuses: str | None = None) -> Source:
    """Make a source that gives a server of this name, or refuses."""

    @contextmanager
    def give() -> Iterator[Server]:
        if refuses:
            raise Unavailable(refuses)
        yield Server(name, name)
        closed.append(name)

    return give


def test_the_first_source_that_has_a_server_is_used_and_closed() -> None:
    closed: list[str] = []
    sources = [source("a", closed, refuses="no a"), source("b", closed), source("c", closed)]
    with first_available(sources) as server:
        assert server.address == "b"
        assert closed == []
    assert closed == ["b"]


def test_without_any_server_every_reason_is_told() -> None:
    sources = [source("a", [], refuses="no engine"), source("b", [], refuses="no java")]
    with pytest.raises(Unavailable, match="no engine; no java"), first_available(sources):
        pass


def test_what_goes_wrong_inside_is_not_taken_for_a_missing_server() -> None:
    sources = [source("a", []), source("b", [])]
    with pytest.raises(Unavailable, match="later"), first_available(sources):
        raise Unavailable("later")


def test_a_start_that_fails_is_tried_again_and_its_leftovers_are_ended() -> None:
    ended: list[int] = []
    tries: list[int] = []

    def start(stack: ExitStack) -> str:
        tries.append(len(tries))
        stack.callback(ended.append, tries[-1])
        if len(tries) < START_ATTEMPTS:
            raise Unavailable("port taken")
        return "up"

    with ExitStack() as stack:
        assert started(stack, start) == "up"
        assert ended == [0, 1]
    assert ended == [0, 1, 2]


def test_a_process_is_gone_after_its_block(tmp_path: Path) -> None:
    with running(SLEEPER, log=tmp_path / "log") as process:
        assert process.poll() is None
    assert process.returncode is not None


def test_a_server_that_ends_early_is_unavailable_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import sys; sys.exit('address in use')"]
    with running(command, log=log) as process, pytest.raises(Unavailable, match="address in use"):
        wait_until(lambda: False, process, name="server", log=log, seconds=30)


def test_a_server_that_never_answers_is_unavailable(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(SLEEPER, log=log) as process, pytest.raises(Unavailable, match="did not answer within 0 s"):
        wait_until(lambda: False, process, name="server", log=log, seconds=0)


def test_a_private_folder_is_closed_to_others_and_gone_afterwards() -> None:
    with private_folder("test") as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "data").mkdir()
    assert not folder.exists()


def test_free_ports_can_be_listened_on() -> None:
    listen = f"import socket; socket.create_server(('127.0.0.1', {free_port()})).close()"
    assert subprocess.run([sys.executable, "-c", listen], check=False).returncode == 0


def test_several_free_ports_stand_in_a_row() -> None:
    ports = free_ports(4)
    assert ports == [ports[0] + step for step in range(4)]


def test_a_row_of_free_ports_leaves_out_one_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        taken = listener.getsockname()[1]
        other = free_port()
        proposed = iter([taken - 1, other])
        monkeypatch.setattr(processes, "free_port", lambda: next(proposed))
        assert free_ports(2) == [other, other + 1]
