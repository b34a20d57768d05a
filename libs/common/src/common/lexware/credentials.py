"""Credentials of one connection as the HTTP client wants them: an API key or a token pair."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from pydantic import SecretStr

from common.db.trouble import describe, is_trouble
from common.domain.alarms import AlarmKind
from common.domain.stored_words import TokenPairState
from common.errors import TransientError
from common.http.errors import RateLimited, Unauthorized
from common.http.gate import boot_seconds
from common.lexware.errors import BooksNotConnected, ReconnectNeeded
from common.lexware.oauth import (
    TOKEN_TROUBLE,
    AuthorizationServer,
    GrantInvalid,
    OAuthMisconfigured,
    TokenPair,
)
from common.lexware.tokens import StoredTokens, TokenStore

LEASE_SECONDS = 90.0  # longer than a token request can take
SETTLE_SECONDS = 180.0  # after this no answer to an unfinished refresh is on its way any more
FRESH_SECONDS = 60.0  # a token this young is not renewed again because it was refused
MOMENT_SECONDS, MOMENTS = 0.1, 20
STORE_AGAIN_SECONDS = 1.0
COOL_DOWN_SECONDS = 60.0  # the authorization server blocks longer whoever keeps asking

log = structlog.get_logger(__name__)

TokenCheck = Callable[[Mapping[str, str]], Awaitable[object]]  # a cheap read with these headers


class RefreshBusy(TransientError):
    """Somebody else renews the tokens right now."""

    code = "lexware.refresh_busy"


class ApiKey:
    """One key that does not change by itself."""

    def __init__(self, load: Callable[[], Awaitable[SecretStr | None]]) -> None:
        self._load = load
        self._key: SecretStr | None = None

    async def headers(self) -> Mapping[str, str]:
        """The key as bearer token."""
        if self._key is None:
            self._key = await self._load()
        if self._key is None:
            raise BooksNotConnected("the connection has no API key")
        return bearer(self._key)

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """Look whether the merchant stored another key since; one refusal alone says nothing of the key."""
        self._key = await self._load()
        return self._key is not None and bearer(self._key) != sent


class OAuthTokens:
    """A token pair; renewed some time before it expires, and once when it is refused."""

    def __init__(
        self,
        store: TokenStore,
        server: AuthorizationServer,
        check: TokenCheck,
        *,
        refresh_before: float,
        settle: float = SETTLE_SECONDS,
    ) -> None:
        self._store, self._server, self._check = store, server, check
        self._refresh_before, self._settle = refresh_before, settle
        self._known: tuple[SecretStr, float] | None = None  # access token, end on the boot clock
        self._running: asyncio.Task[None] | None = None

    async def headers(self) -> Mapping[str, str]:
        """Give an access token that is valid now, as far as anybody knows."""
        if self._known is None or self._left() < self._refresh_before:
            await self._renew_if_due()
        if self._known is None or self._left() <= 0:
            raise RefreshBusy("no valid access token yet", retry_after=timedelta(seconds=5))
        return bearer(self._known[0])

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """Look whether another access token is there now; this very call may fetch it."""
        stored = await self._read()
        for _ in range(MOMENTS):  # another process may be between the answer and the store
            if bearer(stored.access) != sent or stored.leased_for <= 0:
                break
            await asyncio.sleep(MOMENT_SECONDS)
            stored = await self._read()
        if bearer(stored.access) != sent:
            return True
        if stored.refreshed_ago is not None and stored.refreshed_ago < FRESH_SECONDS:
            return False
        await self._renew(stored.generation)
        stored = await self._read()
        return bearer(stored.access) != sent

    async def _renew_if_due(self) -> None:
        stored = await self._read()
        if stored.expires_in >= self._refresh_before:
            return
        try:
            await self._renew(stored.generation)
        except TOKEN_TROUBLE:
            if stored.expires_in <= 0:
                raise
        await self._read()

    async def _renew(self, generation: int) -> None:
        """Refresh, one at a time in this process, and go on to the end when the caller is cancelled."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._refresh(generation))
            self._running.add_done_callback(_look_at)
        await asyncio.shield(self._running)

    async def _refresh(self, generation: int) -> None:
        """Replace the pair of that generation, unless somebody has done so."""
        started = boot_seconds()
        seen = await self._read()
        if seen.generation != generation:
            return
        if seen.leased_for > 0 or (seen.intent_age is not None and seen.intent_age < self._settle):
            raise RefreshBusy("a refresh is under way", retry_after=timedelta(seconds=5))
        lease = await self._store.claim(seen, LEASE_SECONDS)
        if lease is None:
            raise RefreshBusy("a refresh is under way", retry_after=timedelta(seconds=1))
        in_doubt = seen.intent_age is not None
        if in_doubt and not await self._may_spend_again(seen, lease):
            return
        if boot_seconds() - started > LEASE_SECONDS / 3:
            await (self._store.hand_back(lease) if in_doubt else self._store.give_up(lease))
            raise RefreshBusy("too late to refresh under this lease", retry_after=timedelta(seconds=1))
        pair = await self._spend(seen, lease)
        if pair is not None:
            await self._keep(seen.generation, pair)

    async def _keep(self, generation: int, pair: TokenPair) -> None:
        """Store the pair, also when the database is away for a moment: there is no other copy of it."""
        until = boot_seconds() + SETTLE_SECONDS
        while True:
            try:
                await self._store.store(generation, pair)
                return
            except Exception as trouble:
                if not is_trouble(trouble) or boot_seconds() > until:
                    raise
                log.warning("oauth.pair_not_stored", error=describe(trouble))
            await asyncio.sleep(STORE_AGAIN_SECONDS)

    async def _spend(self, seen: StoredTokens, lease: UUID) -> TokenPair | None:
        """Fetch the next pair; None when another worker stored it. Without an answer the intent stays."""
        try:
            return await self._server.refresh(seen.refresh)
        except GrantInvalid:
            await self._store.client_accepted()
            await self._lost(seen, "the refresh token is refused")
        except RateLimited:
            await self._store.give_up(lease, pause=COOL_DOWN_SECONDS)
            raise
        except OAuthMisconfigured as refusal:
            await self._store.give_up(lease, pause=COOL_DOWN_SECONDS)
            await self._store.alarm(AlarmKind.OAUTH_MISCONFIGURED, {"said": str(refusal)})
            raise
        return None

    async def _may_spend_again(self, seen: StoredTokens, lease: UUID) -> bool:
        """After an unfinished refresh: while the old access token works, the refresh token was not spent."""
        if seen.expires_in <= 0:
            return True
        try:
            await self._check(bearer(seen.access))
        except Unauthorized:
            await self._lost(seen, "a refresh ended between its answer and the store")
            return False
        except TOKEN_TROUBLE:
            await self._store.hand_back(lease)
            raise
        return True

    async def _lost(self, seen: StoredTokens, why: str) -> None:
        """Return when a newer pair is stored by now; else record the loss and raise `ReconnectNeeded`."""
        if await self._store.lose(seen.generation, why):
            raise ReconnectNeeded(why)
        await self._read()

    async def _read(self) -> StoredTokens:
        at = boot_seconds()
        stored = await self._store.load()
        if stored is None:
            raise BooksNotConnected("the connection has no tokens")
        if stored.state == TokenPairState.RECONNECT_NEEDED:
            self._known = None
            raise ReconnectNeeded("the connection has to be made again")
        self._known = (stored.access, at + stored.expires_in)
        return stored

    def _left(self) -> float:
        return self._known[1] - boot_seconds() if self._known else 0.0


def _look_at(task: asyncio.Task[None]) -> None:
    """Whoever waited may be gone: the trouble is in the database, not news for the event loop."""
    if not task.cancelled():
        task.exception()


def bearer(token: SecretStr) -> Mapping[str, str]:
    """The header that carries the token."""
    return {"Authorization": f"Bearer {token.get_secret_value()}"}
