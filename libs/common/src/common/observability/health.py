"""What a component says about itself: that it still turns, and that it can work."""

import time
from typing import Protocol, runtime_checkable

SILENT_SECONDS = (
    300.0  # longer than any wait for a connection: a database that is away must not end the process
)


class NotReady(Exception):
    """Something this process needs cannot be used now; its message is shown to operators."""


class Heartbeat:
    """The last moment at which a loop said that it still turns."""

    def __init__(self, silent_seconds: float = SILENT_SECONDS) -> None:
        self._silent_seconds = silent_seconds
        self._last: float | None = None

    def beat(self) -> None:
        """Say that the loop turns."""
        self._last = time.monotonic()

    @property
    def stopped(self) -> bool:
        """Whether a loop that had begun was silent for too long."""
        return self._last is not None and time.monotonic() - self._last > self._silent_seconds


@runtime_checkable
class Beating(Protocol):
    """A component with a heartbeat."""

    heartbeat: Heartbeat
