"""Whole services inside the test process, on either profile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from common.runtime import ServiceApp


@asynccontextmanager
async def running_services(*apps: ServiceApp) -> AsyncIterator[None]:
    """Every component of the apps runs until the block is left, and then comes to its end."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for app in apps:
            for component in app.components:
                group.create_task(component.run(stop), name=component.name)
        try:
            yield
        finally:
            stop.set()


async def eventually(
    holds: Callable[[], Awaitable[bool]], *, within: float = 20.0, every: float = 0.05, what: str = "it"
) -> None:
    """Return as soon as it holds; raises when it does not in time."""
    deadline = asyncio.get_running_loop().time() + within
    while not await holds():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{what} did not come to hold within {within:.0f} s")
        await asyncio.sleep(every)
