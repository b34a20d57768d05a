"""What must hold before anything starts: usable settings, free ports, and a data folder nobody else uses."""

import fcntl
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from standalone.settings import Settings

LOCK_FILE = "in-use.lock"


class CannotStart(Exception):
    """Something of this machine or its settings is in the way; the message says what to do about it."""


def read_settings() -> Settings:
    """The settings of this environment; raises naming each variable that does not fit."""
    try:
        return Settings()
    except ValidationError as refused:
        words = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in refused.errors()]
        raise CannotStart("\n".join(words)) from refused


@contextmanager
def sole_use(data_dir: Path) -> Iterator[None]:
    """Nobody else works on this folder meanwhile; the end of the process frees it, however it ends.

    A new folder is its owner's alone: it will hold invoices with names and addresses.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / LOCK_FILE).open("a")
    except OSError as trouble:
        raise CannotStart(
            f"The data folder {data_dir} cannot be used: {trouble.strerror}. Choose another with DATA_DIR=…"
        ) from trouble
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as trouble:
            raise CannotStart(
                f"The data folder {data_dir} is in use by a running process. End that one, "
                "or choose another folder with DATA_DIR=…"
            ) from trouble
        yield


def require_own_port(settings: Settings) -> None:
    """Raises when the API would listen where the sandbox does."""
    ports = settings.sandbox_ports
    if settings.port in ports:
        raise CannotStart(
            f"PORT={settings.port} is one of the sandbox's ports ({ports[0]} to {ports[-1]}). "
            "Choose another with PORT=… or SANDBOX_PORT=…"
        )


def require_free_ports(host: str, wanted: Mapping[int, str]) -> None:
    """Raises when somebody listens on one of these ports; the values say what each is for."""
    taken = [f"port {port} for {purpose}" for port, purpose in wanted.items() if not _is_free(host, port)]
    if taken:
        raise CannotStart(
            f"Already taken: {', '.join(taken)}. End what listens there, or choose others with "
            "PORT=… and SANDBOX_PORT=… (the sandbox takes this port and the next three)."
        )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
