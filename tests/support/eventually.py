"""The one way a test waits for what happens by itself."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(
    holds: Callable[[], Awaitable[bool] | bool],
    *,
    within: float = 20.0,
    every: float = 0.02,
    what: str = "it",
) -> None:
    """Wait until it holds; fails when it does not within these seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come to hold within {within:.0f} s")
        await asyncio.sleep(every)
