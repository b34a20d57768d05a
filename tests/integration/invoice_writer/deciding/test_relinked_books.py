"""Books that are linked in another way are used without a restart."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from common.db.models.books import OutcomeRow
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import OAuthTokenRow
from common.db.models.line import InboxRow
from common.db.secrets import Secrets, new_key
from common.http.errors import Unauthorized
from common.lexware.connect import LexwareClients
from common.lexware.oauth import TokenPair
from common.lexware.tokens import TokenStore
from common.settings import LexwareSettings
from factories.documents import make_invoice
from factories.tenants import KEY
from integration.invoice_writer.harness import Writer


@pytest.fixture
def clients(writer: Writer) -> LexwareClients:
    """The clients of one process."""
    settings = LexwareSettings(api_url=writer.lexware.base_url, rate_limit_enabled=False)
    return LexwareClients(writer.db, Secrets([KEY]), settings, writer.network)


async def link(writer: Writer, auth: str, api_key: str | None = None) -> str:
    """The merchant linked the books in this way; the token that is used from now on."""
    organization = {"organization_id": writer.organization["organization_id"]}
    secrets, token = Secrets([KEY]), api_key or ""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(delete(SecretRow).where(SecretRow.connection_id == writer.books_id))
        await session.execute(delete(OAuthTokenRow).where(OAuthTokenRow.connection_id == writer.books_id))
        await session.execute(
            update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id).values(auth=auth)
        )
        if auth == "oauth":
            grant = await writer.lexware.control.post("oauth-grants", organization)
            token = grant["access_token"]
            pair = TokenPair(
                access=SecretStr(token), refresh=SecretStr(grant["refresh_token"]), expires_in=3600.0
            )
            await TokenStore(writer.db, secrets, writer.tenant_id, writer.books_id).start(session, pair)
        else:
            token = token or (await writer.lexware.control.post("api-keys", organization))["api_key"]
            session.add(
                SecretRow(
                    connection_id=writer.books_id,
                    tenant_id=writer.tenant_id,
                    field="api_key",
                    sealed=secrets.of(writer.tenant_id, writer.books_id).seal("api_key", SecretStr(token)),
                )
            )
    return token


async def revoke(writer: Writer, token: Any) -> None:
    """The token is of no use any more."""
    await writer.lexware.control.post("revoke", {"token": token})


@pytest.mark.parametrize("ways", [("api_key", "oauth"), ("oauth", "api_key"), ("api_key", "api_key")])
async def test_other_credentials_are_used_at_once_when_the_old_ones_are_refused(
    writer: Writer, clients: LexwareClients, ways: tuple[str, str]
) -> None:
    token = await link(writer, ways[0])
    client = await clients.for_connection(writer.tenant_id, writer.books_id)
    await client.profile.get()
    await revoke(writer, token)
    await link(writer, ways[1])
    profile = await client.profile.get()
    assert profile.organization_id == writer.organization["organization_id"]


async def test_refused_credentials_without_others_are_refused(
    writer: Writer, clients: LexwareClients
) -> None:
    token = await link(writer, "api_key")
    client = await clients.for_connection(writer.tenant_id, writer.books_id)
    await revoke(writer, token)
    with pytest.raises(Unauthorized):
        await client.profile.get()


async def test_a_process_with_the_wrong_key_parks_nothing_and_the_right_one_books(writer: Writer) -> None:
    document = make_invoice()
    event = await writer.event(document)
    wrong = replace(writer, keys=(SecretStr(new_key()),))

    async def has_failed() -> bool:
        async with writer.db.reading.of_all_tenants() as session:
            kept = await session.scalar(select(InboxRow.last_error))
        return kept is not None and "connector.secret_unreadable" in kept

    await wrong.work_until(has_failed, event)
    async with writer.db.reading.of_all_tenants() as session:
        assert (await session.scalars(select(OutcomeRow.status))).all() == []
    await writer.make_all_due()
    await writer.work()
    assert await writer.is_booked(document)
