"""A running simulator and a connected tenant."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database, open_database
from common.http.transport import Network
from common.lexware.client import LexwareClient
from common.settings import DatabaseSettings
from sandbox.testing import RunningSandbox
from support.books import Books, books_at, lexware_simulator


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


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = open_database(DatabaseSettings(url=sqlite_url))
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_database(fresh_database: str) -> AsyncIterator[Database]:
    opened = open_database(DatabaseSettings(url=fresh_database))
    yield opened
    await opened.close()
