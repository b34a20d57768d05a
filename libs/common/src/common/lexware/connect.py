"""Clients for the books connections of tenants, with their credentials and their share of the rate limit."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select

from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.secrets import Secrets
from common.domain.stored_words import AuthKind
from common.http.client import ApiClient, Auth, RequestLimit
from common.http.health import Health
from common.http.limiter import Limiter, Rate, SharedLimit
from common.http.transport import Network
from common.lexware.breakers import Breakers
from common.lexware.client import LexwareClient
from common.lexware.credentials import ApiKey, OAuthTokens, bearer
from common.lexware.errors import BooksNotConnected, ReconnectNeeded, error_for
from common.lexware.oauth import AuthorizationServer
from common.lexware.tokens import TokenStore
from common.settings import LexwareSettings

API_KEY = "api_key"


class FixedHeaders:
    """Credentials that are only tried, never renewed."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    async def headers(self) -> Mapping[str, str]:
        """As given."""
        return self._headers

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """There are no others."""
        return False


class Relinked:
    """Credentials of a connection that may be linked anew in another way while the process lives."""

    def __init__(self, choose: Callable[[], Awaitable[tuple[str, Auth]]]) -> None:
        self._choose = choose
        self._chosen: tuple[str, Auth] | None = None

    async def headers(self) -> Mapping[str, str]:
        """Give those of the way it is linked now, once the way known before has nothing left."""
        kind, auth = await self._current()
        try:
            return await auth.headers()
        except (BooksNotConnected, ReconnectNeeded):
            if not await self._changed(kind):
                raise
        _, auth = await self._current()
        return await auth.headers()

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """Look whether there are others now, be it of another kind."""
        kind, auth = await self._current()
        try:
            is_newer = await auth.refused(sent)
        except (BooksNotConnected, ReconnectNeeded):
            if not await self._changed(kind):
                raise
            return True
        return is_newer or await self._changed(kind)

    async def _current(self) -> tuple[str, Auth]:
        if self._chosen is None:
            self._chosen = await self._choose()
        return self._chosen

    async def _changed(self, kind: str) -> bool:
        chosen = await self._choose()
        if chosen[0] == kind:
            return False
        self._chosen = chosen
        return True


class LexwareClients:
    """One client per connection, kept for the life of the process; credentials are read when first needed."""

    def __init__(
        self,
        db: Database,
        secrets: Secrets,
        settings: LexwareSettings,
        network: Network | None = None,
        breakers: Breakers | None = None,
    ) -> None:
        self._db, self._secrets, self._settings = db, secrets, settings
        self._network, self._owns_network = network or Network(), network is None
        self._limiter, self._breakers = Limiter(db), breakers
        self._server = AuthorizationServer(self._network, settings)
        self._clients: dict[tuple[UUID, UUID], LexwareClient] = {}

    async def aclose(self) -> None:
        """Close what this made itself."""
        if self._owns_network:
            await self._network.aclose()

    async def for_connection(self, tenant_id: UUID, connection_id: UUID) -> LexwareClient:
        """Build the client of that connection, or find it; raises `BooksNotConnected` when there is none."""
        place = (tenant_id, connection_id)
        if place not in self._clients:
            limit = self._limit(connection_id)

            async def choose() -> tuple[str, Auth]:
                return await self._auth(tenant_id, connection_id, limit)

            await choose()
            health = self._breakers.of(tenant_id, connection_id) if self._breakers else None
            self._clients[place] = LexwareClient(self._client(Relinked(choose), limit, health))
        return self._clients[place]

    def with_key(self, key: SecretStr) -> LexwareClient:
        """A client for a key that is not stored yet, to look whose it is."""
        return LexwareClient(self._client(FixedHeaders(bearer(key)), None))

    async def _auth(
        self, tenant_id: UUID, connection_id: UUID, limit: RequestLimit | None
    ) -> tuple[str, Auth]:
        query = select(ConnectionRow.auth).where(
            ConnectionRow.connection_id == connection_id, ConnectionRow.tenant_id == tenant_id
        )
        async with self._db.reading.of(tenant_id) as session:
            kind = (await session.execute(query)).scalar_one_or_none()
        if kind == AuthKind.OAUTH:
            return kind, self._tokens(tenant_id, connection_id, limit)
        if kind == AuthKind.API_KEY:
            return kind, ApiKey(lambda: self._key(tenant_id, connection_id))
        raise BooksNotConnected(f"no books connection {connection_id}")

    def _client(self, auth: Auth, limit: RequestLimit | None, health: Health | None = None) -> ApiClient:
        return ApiClient(
            self._network,
            self._settings.api_url,
            auth=auth,
            limit=limit,
            error_for=error_for,
            health=health,
            timeout=self._settings.timeout_seconds,
        )

    def _limit(self, connection_id: UUID) -> RequestLimit | None:
        settings = self._settings
        if not settings.rate_limit_enabled:
            return None
        rates = [Rate(f"lexware:{connection_id}", settings.rate_per_second, settings.burst)]
        if settings.partner_rate_per_second is not None:
            shared = settings.partner_rate_per_second
            rates.append(Rate("lexware:partner", shared, max(round(shared), 1)))
        return SharedLimit(self._limiter, rates)

    def _tokens(self, tenant_id: UUID, connection_id: UUID, limit: RequestLimit | None) -> OAuthTokens:
        async def check(headers: Mapping[str, str]) -> object:
            return await self._client(FixedHeaders(headers), limit).get("/v1/profile")

        return OAuthTokens(
            TokenStore(self._db, self._secrets, tenant_id, connection_id),
            self._server,
            check,
            refresh_before=self._settings.refresh_before_seconds,
        )

    async def _key(self, tenant_id: UUID, connection_id: UUID) -> SecretStr | None:
        async with self._db.reading.of(tenant_id) as session:
            return await self._secrets.of(tenant_id, connection_id).find(session, API_KEY)
