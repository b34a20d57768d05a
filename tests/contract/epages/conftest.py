"""A fresh shop simulator per test, with a client that knows nothing but the shop API."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from contract.epages.shop_client import Receiver, Shop
from sandbox.testing import running_sandbox


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """The demo shop of a fresh simulator whose waits are a thousandth of the real ones."""
    async with running_sandbox("epages", time_scale=0.001) as sandbox:
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
