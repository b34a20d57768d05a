"""Whole services inside the test process, on either profile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.runtime import ServiceApp


@asynccontextmanager
async def running_services(*apps: ServiceApp) -> AsyncIterator[None]:
    """Run every component of the apps inside the block, then wait for their end."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for app in apps:
            for component in app.components:
                group.create_task(component.run(stop), name=component.name)
        try:
            yield
        finally:
            stop.set()
