"""Shop connections as ingest needs them: whose they are, where the shop is, and a client for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select

from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.secrets import Secrets
from common.domain.documents import BERLIN
from common.domain.merchant import MerchantSettings
from common.domain.stored_words import ConnectionKind, ConnectionState
from common.settings import HostPolicy
from common.shops.address import check_address
from common.shops.epages.client import EpagesClient, Http
from common.shops.epages.errors import ShopRefused

ACCESS_TOKEN, CLIENT_SECRET = "access_token", "client_secret"
DEFAULT_LOCALE = "de_DE"


@dataclass(frozen=True, slots=True)
class ShopConnection:
    """A linked shop."""

    tenant_id: UUID
    connection_id: UUID
    api_url: str
    locale: str
    created_at: datetime


class ShopConnections:
    """Looks up connections and makes clients for them; `http_for` gives the way to one API root."""

    def __init__(
        self, db: Database, secrets: Secrets, http_for: Callable[[str], Http], hosts: HostPolicy
    ) -> None:
        self._db, self._secrets, self._http_for, self._hosts = db, secrets, http_for, hosts

    async def find(self, connection_id: UUID) -> ShopConnection | None:
        """Find the connection, as long as it is an active shop."""
        statement = select(ConnectionRow).where(
            ConnectionRow.connection_id == connection_id,
            ConnectionRow.kind == ConnectionKind.SHOP,
            ConnectionRow.state == ConnectionState.ACTIVE,
        )
        async with self._db.reading.of_all_tenants() as session:
            row = (await session.execute(statement)).scalar_one_or_none()
        if row is None:
            return None
        locale = row.config.get("locale")
        return ShopConnection(
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            api_url=row.address,
            locale=locale if isinstance(locale, str) and locale else DEFAULT_LOCALE,
            created_at=row.created_at,
        )

    async def client(self, connection: ShopConnection) -> EpagesClient:
        """Make a client for one piece of work; raises `AddressRefused`, or `ShopRefused` without a token."""
        await check_address(connection.api_url, self._hosts)
        token = await self.secret(connection, ACCESS_TOKEN)
        if token is None:
            raise ShopRefused("no access token is stored")
        return EpagesClient(self._http_for(connection.api_url), token, locale=connection.locale)

    async def secret(self, connection: ShopConnection, field: str) -> SecretStr | None:
        """Open a stored secret of the connection; None when there is none. Raises `SecretUnreadable`."""
        secrets = self._secrets.of(connection.tenant_id, connection.connection_id)
        async with self._db.reading.of(connection.tenant_id) as session:
            return await secrets.find(session, field)

    async def no_secret(self) -> None:
        """Work as long as for a secret that exists, for callers who must not show that there is none."""
        async with self._db.reading.of_all_tenants() as session:
            await self._secrets.find_none(session, CLIENT_SECRET)


def start_of(settings: MerchantSettings) -> datetime | None:
    """The first moment of the merchant's start date."""
    return None if settings.start_on is None else datetime.combine(settings.start_on, time(), tzinfo=BERLIN)
