"""Secrets are kept sealed, opened only where they belong, and replaced by whoever knew the newest one."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, insert, select, update

from common.db.engine import Database
from common.db.models.core import SecretRow
from common.db.secrets import ConnectionSecrets, Secrets, SecretUnreadable, new_key
from factories.tenants import add_books, add_shop, add_tenant

KEYS = (SecretStr(new_key()), SecretStr(new_key()))
TOKEN, PAIR = "access_token", "psp_refresh"


@dataclass
class Shop:
    """A linked shop without any secret yet."""

    db: Database
    tenant_id: UUID
    connection_id: UUID

    def secrets(self, *keys: SecretStr) -> ConnectionSecrets:
        """Its secrets as a process with these keys has them."""
        return Secrets(keys or KEYS).of(self.tenant_id, self.connection_id)

    async def shown(self, field: str) -> str | None:
        """The opened value."""
        async with self.db.reading.of_all_tenants() as session:
            found = await self.secrets().find(session, field)
        return None if found is None else found.get_secret_value()

    async def store(self, **secrets: str) -> None:
        """Keep each of them."""
        async with self.db.sessions.of_all_tenants() as session:
            for field, value in secrets.items():
                await self.secrets().store(session, field, SecretStr(value))


@pytest.fixture
async def shop(database: Database) -> Shop:
    tenant_id = await add_tenant(database)
    connection_id = await add_shop(database, tenant_id, address="https://shop.example/rs", access_token="t")
    async with database.sessions.of_all_tenants() as session:
        await session.execute(delete(SecretRow))
    return Shop(database, tenant_id, connection_id)


async def test_a_stored_secret_is_found_and_never_stands_in_the_row(shop: Shop) -> None:
    assert await shop.shown(TOKEN) is None
    await shop.store(access_token="one")
    await shop.store(access_token="two")
    assert await shop.shown(TOKEN) == "two"
    async with shop.db.reading.of_all_tenants() as session:
        assert "two" not in (await session.scalars(select(SecretRow.sealed))).one()


async def test_a_row_copied_to_another_connection_or_field_opens_nothing(shop: Shop) -> None:
    await shop.store(access_token="one")
    books = await add_books(shop.db, shop.tenant_id, organization_id=str(uuid4()), api_key="k")
    async with shop.db.sessions.of_all_tenants() as session:
        sealed = select(SecretRow.sealed).where(SecretRow.connection_id == shop.connection_id)
        text = (await session.scalars(sealed)).one()
        copied = {"tenant_id": shop.tenant_id, "connection_id": books, "field": TOKEN, "sealed": text}
        await session.execute(insert(SecretRow).values(copied))
        await session.execute(
            insert(SecretRow).values({**copied, "connection_id": shop.connection_id, "field": PAIR})
        )
    async with shop.db.reading.of_all_tenants() as session:
        with pytest.raises(SecretUnreadable):
            await Secrets(KEYS).of(shop.tenant_id, books).find(session, TOKEN)
        with pytest.raises(SecretUnreadable):
            await shop.secrets().find(session, PAIR)
        assert await shop.secrets().find_readable(session, PAIR) is None


async def test_another_tenant_finds_nothing_and_overwrites_nothing(shop: Shop) -> None:
    await shop.store(access_token="one")
    stranger = Secrets(KEYS).of(await add_tenant(shop.db), shop.connection_id)
    async with shop.db.sessions.of_all_tenants() as session:
        assert await stranger.find(session, TOKEN) is None
        await stranger.store(session, TOKEN, SecretStr("mine"))
        await stranger.drop(session)
    assert await shop.shown(TOKEN) == "one"


async def test_of_two_that_renew_one_secret_the_first_wins(shop: Shop) -> None:
    await shop.store(psp_refresh="old")
    async with shop.db.reading.of_all_tenants() as session:
        seen = await shop.secrets().find_stored(session, PAIR)
    assert seen is not None
    async with shop.db.sessions.of_all_tenants() as session:
        assert await shop.secrets().replace(session, PAIR, seen, SecretStr("first"))
    async with shop.db.sessions.of_all_tenants() as session:
        assert not await shop.secrets().replace(session, PAIR, seen, SecretStr("second"))
    assert await shop.shown(PAIR) == "first"


async def test_the_same_value_stored_again_counts_as_another_secret(shop: Shop) -> None:
    await shop.store(psp_refresh="old")
    async with shop.db.reading.of_all_tenants() as session:
        seen = await shop.secrets().find_stored(session, PAIR)
    assert seen is not None
    await shop.store(psp_refresh="old")
    async with shop.db.sessions.of_all_tenants() as session:
        assert not await shop.secrets().replace(session, PAIR, seen, SecretStr("late"))


async def test_what_is_stored_alone_leaves_no_other_secret(shop: Shop) -> None:
    await shop.store(access_token="one", client_secret="two")
    async with shop.db.sessions.of_all_tenants() as session:
        await shop.secrets().store_only(session, {PAIR: SecretStr("three")})
    assert [await shop.shown(field) for field in (TOKEN, "client_secret", PAIR)] == [None, None, "three"]


async def test_a_secret_of_an_older_key_opens_and_one_of_a_lost_key_says_so(shop: Shop) -> None:
    old, new = KEYS
    async with shop.db.sessions.of_all_tenants() as session:
        await shop.secrets(old).store(session, TOKEN, SecretStr("one"))
        found = await shop.secrets(new, old).find(session, TOKEN)
        assert found is not None and found.get_secret_value() == "one"
        with pytest.raises(SecretUnreadable):
            await shop.secrets(new).find(session, TOKEN)
        await session.execute(update(SecretRow).values(sealed="not.a.seal"))
        assert await shop.secrets(old).find_readable(session, TOKEN) is None
