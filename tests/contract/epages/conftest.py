"""A fresh shop simulator per test, with a client that knows nothing but the shop API."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from contract.epages.shop_client import Receiver, Shop
from sandbox.testing import running_sandbox

SCALE = 0.001


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """The demo shop of a fresh simulator whose waits are a thousandth, but for a request's body."""
    switches = {"epages": {"body_timeout": 30 / SCALE}}
    async with running_sandbox("epages", time_scale=SCALE, switches=switches) as sandbox:
        demo = Shop(sandbox.epages.credentials, sandbox.epages.control)
        try:
            yield demo
        finally:
            await demo.http.aclose()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook endpoint on this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
