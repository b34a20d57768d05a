"""What stands before every call: the shop, the headers, the token, its scopes and its hourly quota."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.epages.api.answers import error, refusal
from sandbox.epages.state import ShopState, World
from sandbox.epages.switches import EpagesSwitches
from sandbox.epages.values import stamp
from sandbox.http import Answer, Call, Handler

HOUR = 3600.0
VENDOR_TYPE = re.compile(r"application/vnd\.epages\.(v\d+)\+(\w+)")
ROOT = "/rs/shops/{shop_id}"  # of every shop


@dataclass(frozen=True)
class Caller:
    """Who calls: the shop that is meant and the token that was shown."""

    state: ShopState
    token: str | None
    origin: str


class Quota:
    """Calls per token in the running clock hour; the hour is as long as the sandbox's time is scaled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used: dict[str, tuple[int, int]] = {}

    def use(self, token: str, limit: int) -> bool:
        """Count one call; False when the quota of this hour is used up."""
        window, used = self._window(), self.used(token)
        if used >= limit:
            return False
        self._used[token] = (window, used + 1)
        return True

    def used(self, token: str) -> int:
        """Calls counted in the running hour."""
        window, used = self._used.get(token, (0, 0))
        return used if window == self._window() else 0

    def reset_at(self) -> datetime:
        """When the running hour ends."""
        return datetime.fromtimestamp((self._window() + 1) * self._length(), UTC)

    def forget(self) -> None:
        """Start counting anew."""
        self._used.clear()

    def _length(self) -> float:
        return self._clock.real(HOUR)

    def _window(self) -> int:
        return math.floor(self._clock.now().timestamp() / self._length())


class Gate:
    """Lets a call through to its handler or says why not."""

    def __init__(self, world: World, quota: Quota, switches: Callable[[], EpagesSwitches]) -> None:
        self._world, self._quota, self._switches = world, quota, switches

    def admit(self, call: Call, *, is_open: bool) -> Answer | None:
        """A refusal, or None when `call.identity` tells who may go on."""
        host = call.header("Host")
        state = self._world.find(host, call.params.get("shop_id", ""))
        if state is None:
            return error(call, 404, "Shop not found")
        named = self._switches().link_host or host
        call.identity = Caller(state, None, f"{state.shop.scheme}://{named}")
        if not call.header("User-Agent"):
            return error(call, 400, "User-Agent header is missing.")
        if not _acceptable(call.header("Accept")):
            return error(call, 406, "The requested representation is not available.")
        if is_open:
            return None
        return self._check_token(call, state)

    def quota_headers(self, call: Call) -> tuple[tuple[bytes, bytes], ...]:
        """The three headers every answer carries."""
        caller = call.identity
        limit = self._limit(caller.state) if isinstance(caller, Caller) else self._switches().hourly_limit
        token = caller.token if isinstance(caller, Caller) else None
        left = limit if token is None else max(0, limit - self._quota.used(token))
        return (
            (b"X-RateLimit-Limit", b"%d" % limit),
            (b"X-RateLimit-Remaining", b"%d" % call.notes.get("remaining", left)),
            (b"X-RateLimit-Reset", stamp(call.notes.get("reset_at", self._quota.reset_at())).encode()),
        )

    def _check_token(self, call: Call, state: ShopState) -> Answer | None:
        scheme, _, token = call.header("Authorization").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or self._world.shop_of_token(token) != state.shop.key:
            return error(call, 403, "Access denied: invalid access token")
        call.identity = Caller(state, token, call.identity.origin)
        if not self._quota.use(token, self._limit(state)) and self._switches().rate_limit:
            call.notes["rate_limited"] = True
            return error(call, 429, "API rate limit exceeded")
        return None

    def _limit(self, state: ShopState) -> int:
        return state.shop.rate_limit or self._switches().hourly_limit


def scoped(scope: str, handler: Handler) -> Handler:
    """The handler for callers whose token has this scope; others are refused."""

    def checked(call: Call) -> Answer:
        if scope not in caller_of(call).state.shop.scopes:
            raise refusal(call, 403, f"Access denied: scope {scope} is missing")
        return handler(call)

    return checked


def caller_of(call: Call) -> Caller:
    """Who calls, once the gate was passed."""
    caller = call.identity
    if not isinstance(caller, Caller):
        raise TypeError("the call did not pass the gate")
    return caller


def _acceptable(accept: str) -> bool:
    vendor = VENDOR_TYPE.findall(accept)
    return not vendor or ("v1", "json") in vendor
