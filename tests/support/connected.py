"""Fixtures of a running simulator and a connected tenant, for folders that take them into their conftest."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.http.transport import Network
from common.lexware.client import LexwareClient
from sandbox.testing import RunningSandbox
from support.books import Books, books_at, lexware_simulator

__all__ = ["books", "client", "lexware", "network"]


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    async with Network() as opened:
        yield opened


@pytest.fixture
async def lexware() -> AsyncIterator[RunningSandbox]:
    async with lexware_simulator() as running:
        yield running


@pytest.fixture
def books(lexware: RunningSandbox, database: Database, network: Network) -> Books:
    return books_at(lexware, database, network)


@pytest.fixture
async def client(books: Books, lexware: RunningSandbox) -> LexwareClient:
    return await books.connect(key=lexware.lexware.credentials["api_key"])
