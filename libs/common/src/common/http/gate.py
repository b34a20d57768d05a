"""The last moment at which a write can be given up: before the last byte of its body."""

import time
from collections.abc import Callable

from common.http.errors import Withdrawn

_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_seconds() -> float:
    """Seconds on a clock that never steps back and goes on while the machine is suspended."""
    return time.clock_gettime(_BOOT_CLOCK)


def _nothing() -> None:
    pass


class Gate:
    """Lets the last byte of one request through while it is at most `patience` seconds old (maybe infinite).

    Make it before the statement that arms the write is sent: then the gate is never younger than the attempt.
    `opened` tells whether the last byte may have left; once shut, it never will.
    """

    def __init__(
        self,
        patience: float,
        *,
        clock: Callable[[], float] = boot_seconds,
        on_open: Callable[[], None] = _nothing,
    ) -> None:
        self.patience, self._clock, self._on_open = patience, clock, on_open
        self._started = clock()
        self._shut = False
        self.opened = False

    @property
    def elapsed(self) -> float:
        """Seconds since the gate was made."""
        return self._clock() - self._started

    def check(self) -> None:
        """Open for the last byte, or raise `Withdrawn`; call it directly before that byte is written."""
        if self._shut or self.opened:
            raise Withdrawn("the gate is shut")
        if self.elapsed > self.patience:
            self._shut = True
            raise Withdrawn("too late for the last byte")
        self.opened = True
        self._on_open()

    def shut(self) -> None:
        """Keep a last byte that was not sent yet from ever being sent."""
        self._shut = True
