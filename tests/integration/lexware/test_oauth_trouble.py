"""A refresh that goes wrong loses no pair in silence: the old token serves, or a person is asked."""

import asyncio

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.lexware import credentials
from common.lexware.credentials import bearer
from common.lexware.errors import ReconnectNeeded
from common.lexware.oauth import AuthorizationServer, OAuthMisconfigured, TokenPair
from integration.lexware.grants import TOKEN, Grant, free_lease
from sandbox.testing import RunningSandbox
from support.deciding import alarms, requests


async def test_a_crash_between_answer_and_store_ends_as_reconnect_with_an_alarm(
    database: Database, grant: Grant
) -> None:
    await grant.start(600)
    assert await grant.store.claim(await grant.stored(), 0.0)
    lost = await AuthorizationServer(grant.network, grant.books.settings).refresh(grant.pair.refresh)
    with pytest.raises(ReconnectNeeded):
        await grant.tokens(settle_seconds=0).headers()
    assert (await grant.stored()).state == "reconnect_needed"
    (alarm,) = await alarms(database, "reconnect_needed")
    assert alarm["generation"] == 1
    assert await grant.store.store(1, lost)  # the process was only very slow
    assert await grant.tokens().headers() == bearer(lost.access)


async def test_a_crash_before_the_request_costs_nothing(lexware: RunningSandbox, grant: Grant) -> None:
    await grant.start(600)
    assert await grant.store.claim(await grant.stored(), 0.0)
    headers = await grant.tokens(settle_seconds=0).headers()
    assert headers != bearer(grant.pair.access)
    assert (await grant.stored()).generation == 2


async def test_while_an_answer_may_be_on_its_way_the_old_token_is_used(
    lexware: RunningSandbox, grant: Grant
) -> None:
    await grant.start(600)
    assert await grant.store.claim(await grant.stored(), 0.0)
    assert await grant.tokens().headers() == bearer(grant.pair.access)
    assert TOKEN not in await requests(lexware)


@pytest.mark.parametrize("kind", ["server_error", "drop_before_commit", "html_answer"])
async def test_an_unclear_answer_leaves_the_intent_and_the_old_token(
    lexware: RunningSandbox, grant: Grant, kind: str
) -> None:
    await grant.start(600)
    await lexware.lexware.control.fault("POST", "/oauth2/token", kind)
    tokens = grant.tokens()
    assert await tokens.headers() == bearer(grant.pair.access)
    assert await tokens.headers() == bearer(grant.pair.access)
    assert (await grant.stored()).intent_age is not None
    assert (await requests(lexware))[TOKEN] == 1


async def test_a_lost_answer_is_found_out_by_asking_with_the_old_token(
    lexware: RunningSandbox, grant: Grant
) -> None:
    await grant.start(600)
    await lexware.lexware.control.fault("POST", "/oauth2/token", "drop_after_commit")
    await grant.tokens().headers()
    await free_lease(grant)
    with pytest.raises(ReconnectNeeded):
        await grant.tokens(settle_seconds=0).headers()
    assert (await requests(lexware))[TOKEN] == 1


async def test_a_refresh_goes_on_when_its_caller_is_cancelled(lexware: RunningSandbox, grant: Grant) -> None:
    await grant.start(600)
    await lexware.lexware.control.fault("POST", "/oauth2/token", "slow", delay=20)
    caller = asyncio.create_task(grant.tokens().headers())
    while TOKEN not in await requests(lexware):
        await asyncio.sleep(0.005)
    caller.cancel()
    async with asyncio.timeout(5):
        while (await grant.stored()).generation == 1:
            await asyncio.sleep(0.01)


async def test_a_pair_outlives_a_database_that_is_away_for_a_moment(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await grant.start(600)
    store, failures = grant.store.store, 2

    async def store_when_back(generation: int, pair: TokenPair) -> bool:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise ConnectionResetError
        return await store(generation, pair)

    monkeypatch.setattr(credentials, "STORE_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(grant.store, "store", store_when_back)
    headers = await grant.tokens().headers()
    stored = await grant.stored()
    assert (stored.generation, headers) == (2, bearer(stored.access))


async def test_a_rate_limited_authorization_server_is_left_alone(
    lexware: RunningSandbox, grant: Grant
) -> None:
    await grant.start(600)
    await lexware.lexware.control.fault("POST", "/oauth2/token", "rate_limited", times=None)
    for _ in range(3):
        assert await grant.tokens().headers() == bearer(grant.pair.access)
    assert (await requests(lexware))[TOKEN] == 1


async def test_a_client_that_is_known_again_ends_the_alarm_also_when_the_grant_is_gone(
    lexware: RunningSandbox, database: Database, grant: Grant
) -> None:
    """Not only when a pair is stored: what the server says of the tokens is another matter."""
    await grant.start(-1)
    client_id = grant.books.settings.client_id
    await lexware.lexware.control.post("oauth-clients", {"client_id": client_id, "active": False})
    with pytest.raises(OAuthMisconfigured, match="unauthorized_client"):
        await grant.tokens().headers()
    assert await open_alarms(database) == ["oauth_misconfigured"]
    await lexware.lexware.control.post("oauth-clients", {"client_id": client_id, "active": True})
    await lexware.lexware.control.post("revoke", {"token": grant.pair.refresh.get_secret_value()})
    await free_lease(grant)
    with pytest.raises(ReconnectNeeded):
        await grant.tokens().headers()
    assert await open_alarms(database) == ["reconnect_needed"]


async def open_alarms(database: Database) -> list[str]:
    """The kinds of the alarms that are open."""
    query = select(AlarmRow.kind).where(AlarmRow.closed_at.is_(None)).order_by(AlarmRow.kind)
    async with database.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all())


async def test_a_wrong_client_is_an_alarm_for_the_operator(database: Database, grant: Grant) -> None:
    await grant.start(-1)
    wrong = SecretStr("wrong")
    grant.books.settings = grant.books.settings.model_copy(update={"client_secret": wrong})
    with pytest.raises(OAuthMisconfigured, match="invalid_client"):
        await grant.tokens().headers()
    assert len(await alarms(database, "oauth_misconfigured")) == 1
    assert (await grant.stored()).state == "valid"
