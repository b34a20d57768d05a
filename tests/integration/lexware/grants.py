"""A consent in the simulator with its stored token pair, and what happens to the two."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import SecretStr
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.models.effects import OAuthTokenRow
from common.http.client import ApiClient
from common.http.transport import Network
from common.lexware.connect import FixedHeaders
from common.lexware.credentials import OAuthTokens
from common.lexware.errors import error_for
from common.lexware.oauth import AuthorizationServer, TokenPair
from common.lexware.tokens import StoredTokens, TokenStore
from sandbox.testing import RunningSandbox
from support.books import Books

HOUR = 3600.0
TOKEN = "POST /oauth2/token"


@dataclass
class Grant:
    """A consent in the simulator and its row in our database."""

    books: Books
    store: TokenStore
    pair: TokenPair
    network: Network

    async def start(self, expires_in: float) -> None:
        """Store the pair as if it had so many seconds left."""
        async with self.books.database.sessions.of_all_tenants() as session:
            await self.store.start(session, replace(self.pair, expires_in=expires_in))

    def tokens(self, *, settle_seconds: float = 180.0) -> OAuthTokens:
        """The credentials as another process would hold them."""

        async def check(headers: Any) -> object:
            auth = FixedHeaders(headers)
            api = ApiClient(self.network, self.books.settings.api_url, auth=auth, error_for=error_for)
            return await api.get("/v1/profile")

        return OAuthTokens(
            self.store,
            AuthorizationServer(self.network, self.books.settings),
            check,
            refresh_before=1800,
            settle=settle_seconds,
        )

    async def stored(self) -> StoredTokens:
        """What the database holds."""
        stored = await self.store.load()
        assert stored is not None
        return stored


def pair_of(answer: dict[str, Any]) -> TokenPair:
    """The pair in an answer of the simulator."""
    return TokenPair(
        SecretStr(answer["access_token"]), SecretStr(answer["refresh_token"]), answer["expires_in"]
    )


async def expire(lexware: RunningSandbox, grant: Grant) -> None:
    """The books take the access token no longer."""
    await lexware.lexware.control.post("expire-access-token", {"token": grant.pair.access.get_secret_value()})


async def age(grant: Grant) -> None:
    """The stored pair is an hour old."""
    await _change(grant, refreshed_at=-HOUR)


async def free_lease(grant: Grant) -> None:
    """The lease of the last refresh has run out."""
    await _change(grant, lease_until=-1.0)


async def _change(grant: Grant, **moments: float) -> None:
    values = {name: db_now(seconds) for name, seconds in moments.items()}
    async with grant.books.database.sessions.of_all_tenants() as session:
        await session.execute(update(OAuthTokenRow).values(**values))
