"""Start a server as a child process, wait until it answers, end it with everything it made."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

POLL_SECONDS = 0.05
SERVER_PORTS = range(15_000, 32_000)
START_ATTEMPTS = 3
LOG_TAIL_LINES = 15

T = TypeVar("T")


class Unavailable(Exception):
    """This source cannot give a server here; the message says why."""


@dataclass(frozen=True)
class Server:
    """A server that answers: where it is, what it is, and whether it is the real thing."""

    address: str
    source: str
    real: bool = True


@dataclass(frozen=True)
class Owner:
    """The user that server processes run as; `None` fields mean the current one."""

    uid: int | None = None
    gid: int | None = None


Source = Callable[[], AbstractContextManager[Server]]


@contextmanager
def first_available(sources: Sequence[Source]) -> Iterator[Server]:
    """Give the first server that can be had; otherwise raise `Unavailable` with every reason."""
    reasons: list[str] = []
    with ExitStack() as stack:
        for source in sources:
            try:
                server = stack.enter_context(source())
            except Unavailable as reason:
                reasons.append(str(reason))
                continue
            yield server
            return
    raise Unavailable("; ".join(reasons))


def free_port() -> int:
    """Return a loopback port nobody used a moment ago.

    It lies below the ports a system gives to outgoing connections, so that none of those takes it in between.
    """
    while True:
        port = random.choice(SERVER_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def free_ports(count: int) -> list[int]:
    """Return that many different free ports, the later ones right after the first."""
    while True:
        ports = list(range(first := free_port(), first + count))
        with ExitStack() as stack, suppress(OSError):
            for port in ports[1:]:
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return ports


def unprivileged_owner() -> Owner:
    """Return the current user, or for root an existing user without its rights."""
    if os.geteuid() != 0:
        return Owner()
    for name in ("postgres", "nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid)
    raise Unavailable("native: running as root and no other user to run a server as")


@contextmanager
def private_folder(name: str, owner: Owner | None = None) -> Iterator[Path]:
    """Give a new folder only its owner can read; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"shopbooks-{name}-"))
    try:
        if owner is not None and owner.uid is not None and owner.gid is not None:
            os.chown(folder, owner.uid, owner.gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    owner: Owner | None = None,
    env: Mapping[str, str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    stop_seconds: int = 10,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command beside us, deaf to our terminal's Ctrl-C; afterwards it has ended."""
    owner = owner or Owner()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, **(env or {})},
            start_new_session=True,
            user=owner.uid,
            group=owner.gid,
            extra_groups=None if owner.uid is None else [],
        )
    try:
        yield process
    finally:
        _end(process, stop_signal, stop_seconds)


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, log: Path, seconds: int
) -> None:
    """Return once the server is ready; raise `Unavailable` with its last words if it ends or is late."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise Unavailable(f"{name} ended with code {process.returncode}: {log_tail(log)}")
        if time.monotonic() > deadline:
            raise Unavailable(f"{name} did not answer within {seconds} s: {log_tail(log)}")
        time.sleep(POLL_SECONDS)


def started(stack: ExitStack, start: Callable[[ExitStack], T]) -> T:
    """Start a server that lives as long as the stack; a port taken since it was looked up costs one try."""
    for attempt in range(1, START_ATTEMPTS + 1):
        with ExitStack() as trial:
            try:
                result = start(trial)
            except Unavailable:
                if attempt == START_ATTEMPTS:
                    raise
                continue
            stack.push(trial.pop_all())
            return result
    raise AssertionError("the last try returns or raises")


def log_tail(log: Path) -> str:
    """Return the last lines of a log for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return " | ".join(lines[-LOG_TAIL_LINES:])


def _end(process: subprocess.Popen[bytes], stop_signal: signal.Signals, seconds: int) -> None:
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
