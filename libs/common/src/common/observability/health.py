"""What a component says about itself: that it still turns, and that it can work."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

SILENT_SECONDS = (
    300.0  # longer than any wait for a connection: a database that is away must not end the process
)
CHECK_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
OK = "ok"

Check = Callable[[], Awaitable[None]]


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


@dataclass(slots=True)
class CheckState:
    """How one check stands: its last answer, since when it fails, and whether it ever held."""

    answer: str = "not asked yet"
    failing_since: float | None = None
    has_held: bool = False


class CheckStates:
    """Asks checks and remembers how long each has been failing."""

    def __init__(self, checks: Mapping[str, Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks, self._clock = checks, clock
        self._states = {name: CheckState() for name in checks}

    async def ask(self) -> dict[str, str]:
        """Ask all checks at once and return the answers: `ok`, or what is wrong."""
        answers = await asyncio.gather(*(_ask(check) for check in self._checks.values()))
        for name, answer in zip(self._checks, answers, strict=True):
            state = self._states[name]
            state.answer = answer
            if answer == OK:
                state.failing_since, state.has_held = None, True
            elif state.failing_since is None:
                state.failing_since = self._clock()
        return dict(zip(self._checks, answers, strict=True))

    def failing(self, seconds: float = PATIENCE_SECONDS) -> dict[str, str]:
        """The checks that failed at every question for so long, with their last answers."""
        now = self._clock()
        return {
            name: state.answer
            for name, state in self._states.items()
            if state.failing_since is not None and now - state.failing_since >= seconds
        }

    def never_held(self) -> list[str]:
        """The checks that did not hold once yet."""
        return [name for name, state in self._states.items() if not state.has_held]


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except NotReady as reason:
        return str(reason)
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its answer, and must not break the others
        return type(error).__name__
    return OK
