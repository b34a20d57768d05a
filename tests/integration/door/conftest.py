"""Houses that are open for one test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from api.http import WebServer
from common.settings import DoorSettings
from integration.door.house import House, Open, application


@pytest.fixture
async def open_house() -> AsyncIterator[Open]:
    house, stop = House(), asyncio.Event()
    serving: list[asyncio.Task[None]] = []

    async def start(door: DoorSettings) -> House:
        server = WebServer(application(house), "127.0.0.1", 0, asyncio.Event(), door)
        serving.append(asyncio.create_task(server.run(stop)))
        house.port = await server.port()
        return house

    yield start
    house.release.set()
    for caller in house.callers:
        caller.writer.close()
        with contextlib.suppress(ConnectionError):
            await caller.writer.wait_closed()
    stop.set()
    await asyncio.gather(*serving)
