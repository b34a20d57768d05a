"""R55: an upgrade spells stored addresses in one way, and twins and pairs from before never stop it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from common.db.engine import Database, open_database
from common.db.migrate import upgrade_database
from common.settings import DatabaseSettings

USUAL = "https://shop.example/rs/shops/A"
ORGANIZATION = "0B6F3F6E-0000-4000-8000-00000000A001"
ADD_TENANT = "INSERT INTO {core}tenants (tenant_id, name, created_at) VALUES (:tenant, 'T', '2025-01-01')"
ADD_CONNECTION = (
    "INSERT INTO {core}connections (connection_id, tenant_id, kind, platform, name, address, auth, config,"
    " state, created_at) VALUES (:id, :tenant, :kind, 'x', 'N', :address, 'token', '{{}}', :state,"
    " '2025-01-01')"
)


@pytest.fixture
async def old(old_url: str) -> AsyncIterator[Database]:
    """The first release's database, open."""
    db = open_database(DatabaseSettings(url=old_url))
    yield db
    await db.close()


async def run(db: Database, statement: str, **values: Any) -> list[Any]:
    async with db.engine.begin() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        given = {name: _plain(value, on_sqlite) for name, value in values.items()}
        result = await connection.execute(text(statement.format(core="" if on_sqlite else "core.")), given)
        return list(result.all()) if result.returns_rows else []


def _plain(value: Any, on_sqlite: bool) -> Any:
    return value.hex if on_sqlite and isinstance(value, UUID) else value


async def link(db: Database, tenant: UUID, address: str, kind: str = "shop", state: str = "active") -> UUID:
    connection_id = uuid4()
    await run(db, ADD_CONNECTION, id=connection_id, tenant=tenant, kind=kind, address=address, state=state)
    return connection_id


async def add_tenant(db: Database) -> UUID:
    tenant = uuid4()
    await run(db, ADD_TENANT, tenant=tenant)
    return tenant


async def test_stored_addresses_are_spelled_anew_and_twins_keep_theirs(old: Database, old_url: str) -> None:
    first, second = await add_tenant(old), await add_tenant(old)
    odd = await link(old, first, "https://Shop.example:443/rs//shops/%41/.")
    for spelling in (USUAL, "https://shop.example/rs/shops/A/.", "https://shop.example/./rs/shops/A"):
        await link(old, second, spelling)
    strange = await link(old, first, "https://shop.example/rs;x/shops/A")
    books = [await link(old, tenant, ORGANIZATION, "books") for tenant in (first, second)]
    await asyncio.to_thread(upgrade_database, old_url)
    rows = await run(old, "SELECT connection_id, tenant_id, kind, address, root FROM {core}connections")
    by_id = {UUID(str(row.connection_id)): row for row in rows}
    assert len(rows) == 7
    assert (by_id[odd].address, by_id[odd].root) == (USUAL, "shop.example/rs/shops/A")
    assert by_id[strange].address == by_id[strange].root == "https://shop.example/rs;x/shops/A"
    assert {by_id[one].root for one in books} == {ORGANIZATION.lower()}
    assert {by_id[one].address for one in books} == {ORGANIZATION}
    twins = [row for row in rows if UUID(str(row.tenant_id)) == second and row.kind == "shop"]
    assert {row.root for row in twins} == {"shop.example/rs/shops/A"}
    assert sum(row.address == USUAL for row in twins) == 1
    assert len({row.address for row in twins}) == 3
