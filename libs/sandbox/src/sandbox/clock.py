"""The sandbox's time: real for dates, scaled for every wait, so that tests need not wait for minutes."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Tells the time and waits; a scale of 0.01 makes every wait a hundred times shorter."""

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("the time scale must be greater than 0")
        self.scale = scale

    def now(self) -> datetime:
        """Return the real moment as aware UTC; dates are never scaled."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return monotonic seconds as the sandbox counts them: real seconds divided by the scale."""
        return time.monotonic() / self.scale

    def real(self, seconds: float) -> float:
        """Return how many real seconds a wait of so many sandbox seconds takes."""
        return seconds * self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait so many sandbox seconds."""
        await asyncio.sleep(self.real(seconds))
