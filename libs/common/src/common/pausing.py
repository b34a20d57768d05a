"""Waiting for events, no longer than is useful, and the beat of whatever looks again and again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, at most for so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def wait_for_any(*events: asyncio.Event, seconds: float | None) -> None:
    """Wait until one of the events is set, at most for so long; without seconds as long as it takes."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def every(seconds: float, stop: asyncio.Event) -> AsyncIterator[None]:
    """Beat now and then again so many seconds after each turn has ended, until told to stop."""
    return _Beat(seconds, stop)


class Seldom:
    """Tells when something is to be done again: at once at first, then so many seconds after it was done."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._due_at: float | None = None

    def is_due(self) -> bool:
        """Whether it is time."""
        return self._due_at is None or self._clock() >= self._due_at

    def done(self) -> None:
        """Have it rest from now on."""
        self._due_at = self._clock() + self._seconds

    def again(self) -> None:
        """Have it due at once."""
        self._due_at = None


class _Beat(AsyncIterator[None]):
    # No generator: one that is left in the middle of a turn would have to be closed by whoever left it.
    def __init__(self, seconds: float, stop: asyncio.Event) -> None:
        self._seconds, self._stop = seconds, stop
        self._is_first = True

    async def __anext__(self) -> None:
        if not self._is_first:
            await wait(self._stop, self._seconds)
        self._is_first = False
        if self._stop.is_set():
            raise StopAsyncIteration
