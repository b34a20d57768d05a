"""Token pairs that renew themselves: one refresh at a time, and no pair lost in silence."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.effects import OAuthTokenRow
from common.effects.effect import Bound, Refused
from common.effects.runner import EffectRunner
from common.http.client import ApiClient
from common.http.transport import Network
from common.lexware import credentials
from common.lexware.connect import FixedHeaders
from common.lexware.credentials import OAuthTokens, bearer
from common.lexware.errors import ReconnectNeeded, error_for
from common.lexware.oauth import AuthorizationServer, OAuthMisconfigured, TokenPair, new_verifier
from common.lexware.tokens import StoredTokens, TokenStore
from sandbox.testing import RunningSandbox
from support.books import PATIENT, WAITS, Books, DocumentEffect
from support.settling import alarms, attempt_states, requests, settle, vouchers

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
        async with self.books.database.sessions.begin() as session:
            await self.store.start(session, replace(self.pair, expires_in=expires_in))

    def tokens(self, *, settle_seconds: float = 180.0) -> OAuthTokens:
        """The credentials as another process would hold them."""

        async def probe(headers: Any) -> object:
            auth = FixedHeaders(headers)
            api = ApiClient(self.network, self.books.settings.api_url, auth=auth, error_for=error_for)
            return await api.get("/v1/profile")

        return OAuthTokens(
            self.store,
            AuthorizationServer(self.network, self.books.settings),
            probe,
            refresh_before=1800,
            settle=settle_seconds,
        )

    async def stored(self) -> StoredTokens:
        """What the database holds."""
        stored = await self.store.load()
        assert stored is not None
        return stored


def pair_of(answer: dict[str, Any]) -> TokenPair:
    return TokenPair(
        SecretStr(answer["access_token"]), SecretStr(answer["refresh_token"]), answer["expires_in"]
    )


@pytest.fixture
async def grant(lexware: RunningSandbox, books: Books, network: Network) -> Grant:
    answer = await lexware.lexware.control.post("oauth-grants", {})
    await books.connect(auth="oauth")
    store = TokenStore(books.database, books.box, books.tenant_id, books.connection_id)
    return Grant(books, store, pair_of(answer), network)


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
    assert isinstance(await settle(EffectRunner(database, WAITS), effect), Bound)
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


async def test_a_wrong_client_is_an_alarm_for_the_operator(database: Database, grant: Grant) -> None:
    await grant.start(-1)
    wrong = SecretStr("wrong")
    grant.books.settings = grant.books.settings.model_copy(update={"client_secret": wrong})
    with pytest.raises(OAuthMisconfigured, match="invalid_client"):
        await grant.tokens().headers()
    assert len(await alarms(database, "oauth_misconfigured")) == 1
    assert (await grant.stored()).state == "valid"


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


async def test_another_api_key_is_taken_up_and_none_means_reconnect(
    lexware: RunningSandbox, books: Books
) -> None:
    client = await books.connect(key=lexware.lexware.credentials["api_key"])
    await client.profile.get()
    await lexware.lexware.control.post("revoke", {"api_key": lexware.lexware.credentials["api_key"]})
    with pytest.raises(ReconnectNeeded):
        await client.profile.get()
    fresh = await lexware.lexware.control.post("api-keys", {})
    async with books.database.sessions.begin() as session:
        await books.keep_key(session, fresh["api_key"])
    assert (await client.profile.get()).organization_id


async def expire(lexware: RunningSandbox, grant: Grant) -> None:
    await lexware.lexware.control.post("expire-access-token", {"token": grant.pair.access.get_secret_value()})


async def age(grant: Grant) -> None:
    """The stored pair is an hour old."""
    await _change(grant, refreshed_at=-HOUR)


async def free_lease(grant: Grant) -> None:
    """The lease of the last refresh has run out."""
    await _change(grant, lease_until=-1.0)


async def _change(grant: Grant, **moments: float) -> None:
    values = {name: db_now(seconds) for name, seconds in moments.items()}
    async with grant.books.database.sessions.begin() as session:
        await session.execute(update(OAuthTokenRow).values(**values))
