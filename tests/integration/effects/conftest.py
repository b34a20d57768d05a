"""A running simulator and a connected tenant; either database by its name."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database, open_database
from common.settings import DatabaseSettings
from support.connected import books, client, lexware, network

__all__ = ["books", "client", "lexware", "network"]


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
