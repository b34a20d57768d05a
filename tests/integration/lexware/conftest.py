"""A running simulator and a connected tenant."""

import pytest

from common.http.transport import Network
from common.lexware.tokens import TokenStore
from integration.lexware.grants import Grant, pair_of
from sandbox.testing import RunningSandbox
from support.books import Books
from support.connected import books, client, lexware, network

__all__ = ["books", "client", "lexware", "network"]


@pytest.fixture
async def grant(lexware: RunningSandbox, books: Books, network: Network) -> Grant:
    """A consent whose pair is not stored yet."""
    answer = await lexware.lexware.control.post("oauth-grants", {})
    await books.connect(auth="oauth")
    store = TokenStore(books.database, books.secrets, books.tenant_id, books.connection_id)
    return Grant(books, store, pair_of(answer), network)
