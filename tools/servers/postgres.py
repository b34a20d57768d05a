"""A private PostgreSQL server from the binaries installed on this machine."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.servers.processes import (
    Owner,
    Server,
    Unavailable,
    free_port,
    private_folder,
    running,
    started,
    unprivileged_owner,
    wait_until,
)

OLDEST_MAJOR = 15
START_SECONDS = 30
READY_LINE = 7  # of postmaster.pid: "ready" once connections are accepted
SUPERUSER = "postgres"

# Losing the data with the machine is fine for a server that lives as long as one test run.
FORGETFUL: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off"}


@contextmanager
def native_postgres(settings: Mapping[str, str] = FORGETFUL) -> Iterator[Server]:
    """Give a new, empty PostgreSQL on a free loopback port; it and its data are gone afterwards."""
    binaries, version = find_binaries()
    owner = unprivileged_owner()
    with ExitStack() as stack:
        folder = stack.enter_context(private_folder("postgres", owner))
        _initialise(binaries, folder, owner)
        port = started(stack, lambda trial: _start(trial, binaries, folder, owner, settings))
        address = f"postgresql+asyncpg://{SUPERUSER}@127.0.0.1:{port}/postgres"
        yield Server(address, f"native PostgreSQL {version}")


def find_binaries() -> tuple[Path, str]:
    """Return the folder with the newest server binaries and their version."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    found = [(_version(folder), folder) for folder in folders if (folder / "initdb").exists()]
    if not found:
        raise Unavailable("native: no PostgreSQL server binaries found")
    version, folder = max(found)
    if version[0] < OLDEST_MAJOR:
        raise Unavailable(f"native: PostgreSQL {version[0]} is too old, {OLDEST_MAJOR} or newer is needed")
    return folder, ".".join(map(str, version))


def _version(binaries: Path) -> tuple[int, ...]:
    command: list[str | Path] = [binaries / "postgres", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part) for part in match.groups() if part) if match else (0,)


def _initialise(binaries: Path, folder: Path, owner: Owner) -> None:
    command: list[str | Path] = [
        binaries / "initdb", f"--pgdata={folder / 'data'}", f"--username={SUPERUSER}", "--auth=trust",
        "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=owner.uid,
        group=owner.gid,
        extra_groups=None if owner.uid is None else [],
    )
    if done.returncode != 0:
        raise Unavailable(f"native: initdb failed: {done.stderr.strip()}")


def _start(stack: ExitStack, binaries: Path, folder: Path, owner: Owner, settings: Mapping[str, str]) -> int:
    log, port = folder / "server.log", free_port()
    command = _command(binaries, folder, port, settings)
    process = stack.enter_context(running(command, log=log, owner=owner, stop_signal=signal.SIGINT))
    wait_until(lambda: _ready(folder), process, name="native PostgreSQL", log=log, seconds=START_SECONDS)
    return port


def _command(binaries: Path, folder: Path, port: int, settings: Mapping[str, str]) -> list[str | Path]:
    fixed = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        "timezone": "UTC",
    }
    options = [f"--{name}={value}" for name, value in {**fixed, **settings}.items()]
    return [binaries / "postgres", "-D", folder / "data", "-p", str(port), *options]


def _ready(folder: Path) -> bool:
    pid_file = folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines() if pid_file.exists() else []
    return len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"
