"""Tokens that renew themselves, one refresh at a time, and what happens to those that are refused."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from common.db.engine import Database
from common.effects.effect import Bound, Refused
from common.effects.runner import EffectRunner
from common.http.errors import Unauthorized
from common.lexware.credentials import bearer
from common.lexware.errors import ReconnectNeeded
from common.lexware.oauth import AuthorizationServer, new_verifier
from common.lexware.tokens import StoredTokens
from integration.lexware.grants import HOUR, TOKEN, Grant, age, expire, pair_of
from sandbox.testing import RunningSandbox
from support.books import PATIENT, WAITS, Books, DocumentEffect
from support.deciding import alarms, attempt_states, requests, run_until_decided, vouchers


async def test_a_token_with_time_left_is_used_as_it_is(lexware: RunningSandbox, grant: Grant) -> None:
    await grant.start(4 * HOUR)
    assert (await (await grant.books.client()).profile.get()).organization_id
    assert TOKEN not in await requests(lexware)


async def test_many_processes_with_an_ending_token_refresh_once(
    lexware: RunningSandbox, grant: Grant
) -> None:
    await grant.start(600)
    clients = [await grant.books.client() for _ in range(4)]
    await asyncio.gather(*(client.profile.get() for client in clients for _ in range(3)))
    assert (await requests(lexware))[TOKEN] == 1
    stored = await grant.stored()
    assert (stored.generation, stored.intent_age, stored.leased_for) == (2, None, 0.0)
    assert stored.access.get_secret_value() != grant.pair.access.get_secret_value()


async def test_a_token_that_another_process_renewed_meanwhile_is_not_renewed_again(
    lexware: RunningSandbox, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await grant.start(600)
    late, load = grant.tokens(), grant.store.load
    looks = 0

    async def load_after_the_other() -> StoredTokens | None:
        nonlocal looks
        looks += 1
        if looks == 2:  # between seeing that the token ends and making a new one
            monkeypatch.setattr(grant.store, "load", load)
            await grant.tokens().headers()
        return await load()

    monkeypatch.setattr(grant.store, "load", load_after_the_other)
    assert await late.headers() == bearer((await grant.stored()).access)
    assert (await requests(lexware))[TOKEN] == 1


async def test_a_token_refused_early_is_refreshed_once_and_the_read_repeated(
    lexware: RunningSandbox, grant: Grant
) -> None:
    await grant.start(4 * HOUR)
    await age(grant)
    await expire(lexware, grant)
    client = await grant.books.client()
    assert (await client.profile.get()).organization_id
    assert (await requests(lexware))[TOKEN] == 1


async def test_a_fresh_token_that_is_refused_is_not_refreshed_again(
    lexware: RunningSandbox, grant: Grant
) -> None:
    await grant.start(4 * HOUR)
    await lexware.lexware.control.fault("*", "/v1/profile", "unauthorized", times=None)
    client = await grant.books.client()
    for _ in range(3):
        with pytest.raises(Exception, match="401"):
            await client.profile.get()
    assert TOKEN not in await requests(lexware)


async def test_a_write_with_a_dead_token_is_refused_and_armed_again(
    lexware: RunningSandbox, database: Database, grant: Grant
) -> None:
    await grant.start(4 * HOUR)
    await age(grant)
    await expire(lexware, grant)
    effect = DocumentEffect(await grant.books.client(), grant.books.tenant_id, "A-1")
    assert isinstance(await run_until_decided(EffectRunner(database, WAITS), effect), Bound)
    assert await attempt_states(database, effect.key) == ["refused", "bound"]
    assert (await requests(lexware))["POST /v1/vouchers"] == 2
    assert len(await vouchers(lexware, "A-1")) == 1


async def test_a_revoked_connection_asks_for_a_new_one_and_goes_on_with_it(
    lexware: RunningSandbox, database: Database, grant: Grant
) -> None:
    await grant.start(600)
    token = grant.pair.refresh.get_secret_value()
    await lexware.lexware.control.post("revoke", {"token": token})
    client = await grant.books.client()
    effect = DocumentEffect(client, grant.books.tenant_id, "A-1")
    for _ in range(2):
        refused = await EffectRunner(database, WAITS).ensure(effect)
        assert isinstance(refused, Refused)
        assert isinstance(refused.error, ReconnectNeeded)
    assert (await requests(lexware))[TOKEN] == 1
    assert len(await alarms(database, "reconnect_needed")) == 1
    grant.pair = pair_of(await lexware.lexware.control.post("oauth-grants", {}))
    await grant.start(4 * HOUR)
    assert isinstance(await EffectRunner(database, PATIENT).ensure(effect), Bound)
    assert await alarms(database, "reconnect_needed", still_open=True) == []


async def test_a_consent_becomes_a_pair(grant: Grant) -> None:
    server = AuthorizationServer(grant.network, grant.books.settings)
    verifier = new_verifier()
    url = server.authorize_url(state="s-1", verifier=verifier)
    answer = await grant.network.send("GET", url, {}, None, timeout=5)
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["s-1"]
    grant.pair = await server.exchange(back["code"][0], verifier)
    await grant.start(4 * HOUR)
    assert (await (await grant.books.client()).profile.get()).organization_id


async def test_another_api_key_is_taken_up_and_a_refused_one_alone_is_no_end(
    lexware: RunningSandbox, books: Books
) -> None:
    client = await books.connect(key=lexware.lexware.credentials["api_key"])
    await client.profile.get()
    await lexware.lexware.control.post("revoke", {"api_key": lexware.lexware.credentials["api_key"]})
    with pytest.raises(Unauthorized):
        await client.profile.get()
    fresh = await lexware.lexware.control.post("api-keys", {})
    async with books.database.sessions.of_all_tenants() as session:
        await books.keep_key(session, fresh["api_key"])
    assert (await client.profile.get()).organization_id
