"""Tenants and connections as the api would have written them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from common.db.engine import Database
from common.db.models.core import ConnectionRow, SecretRow, SettingsVersionRow, TenantRow
from common.db.secrets import Secrets, new_key
from common.domain.merchant import MerchantSettings

KEY = SecretStr(new_key())


async def add_tenant(db: Database, **settings: Any) -> UUID:
    """A merchant with a first version of these settings."""
    tenant_id = uuid4()
    async with db.sessions.of_all_tenants() as session:
        session.add(TenantRow(tenant_id=tenant_id, name="Muster Versand"))
        await session.flush()
    await save_settings(db, tenant_id, 1, **settings)
    return tenant_id


async def save_settings(db: Database, tenant_id: UUID, number: int, **settings: Any) -> UUID:
    """Another version of the merchant's settings."""
    version = SettingsVersionRow(
        settings_version_id=uuid4(),
        tenant_id=tenant_id,
        number=number,
        values=MerchantSettings(**settings).model_dump(mode="json"),
        author="test",
    )
    async with db.sessions.of_all_tenants() as session:
        session.add(version)
    return version.settings_version_id


async def add_books(
    db: Database, tenant_id: UUID, *, organization_id: str, api_key: str, key: SecretStr = KEY, **over: Any
) -> UUID:
    """A books connection with its sealed API key."""
    values = {"kind": "books", "platform": "lexware", "name": "Books", "auth": "api_key", "state": "active"}
    row = ConnectionRow(
        connection_id=uuid4(), tenant_id=tenant_id, address=organization_id, config={}, **(values | over)
    )
    await _add(db, row, {"api_key": api_key}, key)
    return row.connection_id


async def add_shop(
    db: Database,
    tenant_id: UUID,
    *,
    address: str,
    access_token: str,
    client_secret: str | None = None,
    key: SecretStr = KEY,
) -> UUID:
    """A shop connection with its sealed token and, for webhooks, its client secret."""
    values = {"kind": "shop", "platform": "epages", "name": "Shop", "auth": "token", "state": "active"}
    row = ConnectionRow(connection_id=uuid4(), tenant_id=tenant_id, address=address, config={}, **values)
    secrets = {"access_token": access_token} | ({"client_secret": client_secret} if client_secret else {})
    await _add(db, row, secrets, key)
    return row.connection_id


async def _add(db: Database, row: ConnectionRow, secrets: Mapping[str, str], key: SecretStr) -> None:
    mine = Secrets([key]).of(row.tenant_id, row.connection_id)
    async with db.sessions.of_all_tenants() as session:
        session.add(row)
        await session.flush()
        for field, value in secrets.items():
            session.add(
                SecretRow(
                    connection_id=row.connection_id,
                    tenant_id=row.tenant_id,
                    field=field,
                    sealed=mine.seal(field, SecretStr(value)),
                )
            )
