"""An authorization server that refuses our own client: the operator's alarm; documents wait for its end."""

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from common.db.dialect import db_now
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import OAuthTokenRow
from common.db.secrets import Secrets
from common.inbox.waiting import Waiting
from common.inbox.worker import Worker
from common.lexware.oauth import TokenPair
from common.lexware.tokens import TokenStore
from common.settings import LexwareSettings
from factories.documents import make_invoice
from factories.tenants import KEY
from integration.invoice_writer.harness import CREATE, QUICK_BREAKER, Writer
from integration.invoice_writer.resting.support import breakers, open_alarms, statuses, watch_of
from support.eventually import eventually

FAULTY = ["invalid_client", "unauthorized_client"]


@pytest.fixture
async def consented(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """The merchant linked the books by consent, and the access token has run out."""
    there = writer.lexware.credentials
    plain = writer.settings

    def settings() -> object:
        made = plain()
        client = {"client_id": there["client_id"], "client_secret": SecretStr(there["client_secret"])}
        return made.model_copy(
            update={
                "lexware": LexwareSettings(
                    **{**made.lexware.model_dump(), "app_url": there["app_url"], **client}
                )
            }
        )

    monkeypatch.setattr(writer, "settings", settings)
    monkeypatch.setattr("common.lexware.credentials.COOL_DOWN_SECONDS", 0.1)
    order = {"organization_id": writer.organization["organization_id"]}
    grant = await writer.lexware.control.post("oauth-grants", order)
    pair = TokenPair(SecretStr(grant["access_token"]), SecretStr(grant["refresh_token"]), expires_in=-1.0)
    store = TokenStore(writer.db, Secrets([KEY]), writer.tenant_id, writer.books_id)
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(delete(SecretRow).where(SecretRow.connection_id == writer.books_id))
        linked = update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id)
        await session.execute(linked.values(auth="oauth"))
        await store.start(session, pair)
    return writer


@pytest.mark.parametrize("fault", FAULTY)
async def test_documents_wait_while_our_client_is_refused_and_go_on_by_themselves(
    consented: Writer, fault: str
) -> None:
    writer, invoice = consented, make_invoice()
    writer.breaker = QUICK_BREAKER.model_copy(update={"alarm_after": 0.3})
    client_id = writer.lexware.credentials["client_id"]
    secret = writer.lexware.credentials["client_secret"]
    broken = {"active": False} if fault == "unauthorized_client" else {"client_secret": "another"}
    await writer.lexware.control.post("oauth-clients", {"client_id": client_id, **broken})

    async def is_told_and_rests() -> bool:
        rests = [row.state for row in (await breakers(writer)).values() if row.failures > 4]
        return bool(rests) and await open_alarms(writer) == ["oauth_misconfigured"]

    await writer.work_until(is_told_and_rests, await writer.event(invoice), parts=(Worker, Waiting))
    assert "parked" not in await writer.story(invoice)
    assert CREATE not in await writer.requests()
    mended = {"active": True, "client_secret": secret}
    await writer.lexware.control.post("oauth-clients", {"client_id": client_id, **mended})
    await writer.work(deadline=60.0)
    assert await statuses(writer, [invoice]) == {("booked", None)}
    assert (await open_alarms(writer), await breakers(writer)) == ([], {})


async def test_a_client_that_is_known_again_ends_the_alarm_though_nobody_books(consented: Writer) -> None:
    writer = consented
    client_id = writer.lexware.credentials["client_id"]
    await writer.lexware.control.post("oauth-clients", {"client_id": client_id, "active": False})
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OAuthTokenRow).values(expires_at=db_now(600.0)))  # to be renewed soon
    watch = watch_of(writer)
    client = await watch._clients.for_connection(writer.tenant_id, writer.books_id)
    await client.profile.get()  # the old token still serves
    assert await open_alarms(writer) == ["oauth_misconfigured"]
    await watch.look_slowly()
    assert await open_alarms(writer) == ["oauth_misconfigured"]
    await writer.lexware.control.post("oauth-clients", {"client_id": client_id, "active": True})

    async def is_over() -> bool:
        await watch.look_slowly()
        return await open_alarms(writer) == []

    await eventually(is_over, every=0.2)
    async with writer.db.reading.of_all_tenants() as session:
        assert await session.scalar(select(OAuthTokenRow.generation)) == 2
