"""The client for one upstream: address, credentials, rate limit, error mapping; writes are never repeated."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

import structlog

from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.answers import NetworkFailure
from common.http.errors import (
    OutcomeLost,
    PageInstead,
    RateLimited,
    ServerTrouble,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
    Withdrawn,
)
from common.http.gate import Gate
from common.http.health import Call, Health, NoHealth
from common.http.redact import loggable_host, loggable_path
from common.http.retry import retry_after, with_retries
from common.http.transport import MAX_ANSWER, Network, OneShotBody, Response, encoded_url

log = structlog.get_logger(__name__)

JSON = "application/json"
DEFAULT_TIMEOUT = 40.0  # gateways give up after 30 s; a shorter wait would make outcomes unknown by itself


class Auth(Protocol):
    """Where the credentials come from."""

    async def headers(self) -> Mapping[str, str]:
        """Headers that authorise a request now."""

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """Take note of a 401 for these headers. Returns whether newer ones are there now."""


class RequestLimit(Protocol):
    """How fast this upstream may be asked."""

    async def reserve(self) -> None:
        """Wait for a slot, or raise `RateLimitWait` and take none."""

    async def refused(self, wish: timedelta | None) -> timedelta:
        """Let everybody pause, for the upstream answered 429. Returns for how long."""

    async def accepted(self) -> None:
        """Take note that the upstream took a request."""


ErrorMapper = Callable[[Call, Response], ConnectorError]


class NoAuth:
    """Requests without credentials."""

    async def headers(self) -> Mapping[str, str]:
        """None."""
        return {}

    async def refused(self, sent: Mapping[str, str]) -> bool:
        """There are no others."""
        return False


class NoLimit:
    """As fast as the caller likes."""

    async def reserve(self) -> None:
        """Always at once."""

    async def refused(self, wish: timedelta | None) -> timedelta:
        """One second, or what the server asked for."""
        return wish or timedelta(seconds=1)

    async def accepted(self) -> None:
        """Take note of nothing."""


def generic_error(call: Call, response: Response) -> ConnectorError:
    """The family of a non-2xx status when nothing more is known about the upstream."""
    said = f"{call.method} {loggable_path(call.path)}: {response.status}"
    if response.status == 401:
        return Unauthorized(said)
    if response.status == 429:
        return RateLimited()
    if 400 <= response.status < 500:
        return RefusedError(said)
    return ServerTrouble(said, retry_after=retry_after(response)) if call.safe else OutcomeLost(said)


class ApiClient:
    """One upstream with one set of credentials; the network behind it is shared."""

    def __init__(
        self,
        network: Network,
        base_url: str,
        *,
        auth: Auth | None = None,
        limit: RequestLimit | None = None,
        error_for: ErrorMapper = generic_error,
        health: Health | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        self._network, self._base_url, self._timeout = network, base_url, timeout
        self._auth, self._limit, self._error_for = auth or NoAuth(), limit or NoLimit(), error_for
        self._health, self._host = health or NoHealth(), loggable_host(base_url)

    async def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        accept: str = JSON,
        max_bytes: int = MAX_ANSWER,
    ) -> Response:
        """Read; trouble is retried for a moment, a 401 once with new credentials. Returns the 2xx answer."""
        call, url = Call("GET", path, safe=True), encoded_url(self._base_url, path, params)

        async def once() -> Response:
            response, sent = await self._read(call, url, accept, max_bytes)
            if self._is_unauthorized(call, response) and await self._auth.refused(sent):
                response, _ = await self._read(call, url, accept, max_bytes)
            return await self._checked(call, response, may_be_page=accept != JSON)

        async with self._watched(call):
            return await with_retries(once)

    async def post(
        self,
        path: str,
        body: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request once. Returns the 2xx answer; without any answer the outcome is unknown."""
        call = Call("POST", path, safe=False)
        async with self._watched(call):
            await self._limit.reserve()
            return await self._sent_once(call, body, content_type, headers or {})

    async def post_prepared(self, path: str, body: bytes, content_type: str) -> Response:
        """Send a request once, with the slot that `prepare_write` took. Returns as `post` does."""
        call = Call("POST", path, safe=False)
        async with self._watched(call, asking=False):
            return await self._sent_once(call, body, content_type, {})

    async def put(self, path: str, body: bytes, content_type: str) -> Response:
        """Send a replacement once. Returns the 2xx answer; without any answer the outcome is unknown."""
        call = Call("PUT", path, safe=False)
        async with self._watched(call):
            await self._limit.reserve()
            return await self._sent_once(call, body, content_type, {})

    async def prepare_write(self, path: str) -> None:
        """Do what may wait or fail before a write is armed: such may be sent, credentials, a slot."""
        async with self._watched(Call("POST", path, safe=False)):
            await self._auth.headers()
            await self._limit.reserve()

    async def post_gated(self, path: str, body: bytes, content_type: str, gate: Gate) -> Response:
        """Send a request whose last byte has to pass the gate. Returns the 2xx answer.

        Needs `prepare_write` before. With `Withdrawn` or another `RequestNotExecuted` it surely did not
        happen; a 401 is not sent again.
        """
        call = Call("POST", path, safe=False)
        async with self._watched(call, asking=False):
            return await self._sent_gated(call, body, content_type, gate)

    async def _sent_gated(self, call: Call, body: bytes, content_type: str, gate: Gate) -> Response:
        path, sent = call.path, await self._auth.headers()
        try:
            response = await self._send(call, sent, OneShotBody(body, gate), content_type, len(body))
        except NetworkFailure as failure:
            kind = OutcomeLost if gate.opened else Withdrawn
            raise kind(f"POST {loggable_path(path)}: {failure}") from failure
        finally:
            gate.shut()
        if not gate.opened and self._is_no_word(call, response):
            raise Withdrawn(f"POST {loggable_path(path)}: {response.status} before the last byte")
        return await self._write_checked(call, response, sent)

    async def _sent_once(
        self, call: Call, body: bytes, content_type: str, headers: Mapping[str, str]
    ) -> Response:
        sent = {**await self._auth.headers(), **headers}
        try:
            response = await self._send(call, sent, OneShotBody(body), content_type, len(body))
        except NetworkFailure as failure:
            raise OutcomeLost(f"{call.method} {loggable_path(call.path)}: {failure}") from failure
        return await self._write_checked(call, response, sent)

    async def _read(
        self, call: Call, url: str, accept: str, max_bytes: int
    ) -> tuple[Response, Mapping[str, str]]:
        await self._limit.reserve()
        sent = await self._auth.headers()
        headers = {**sent, "Accept": accept}
        try:
            exchange = self._network.send(
                "GET", url, headers, None, timeout=self._timeout, max_bytes=max_bytes
            )
            response = await self._logged(call, exchange)
        except NetworkFailure as failure:
            raise Unreachable(f"GET {loggable_path(call.path)}: {failure}") from failure
        return response, sent

    async def _send(
        self, call: Call, sent: Mapping[str, str], body: OneShotBody, content_type: str, length: int
    ) -> Response:
        headers = {
            **sent,
            "Accept": JSON,
            "Content-Type": content_type,
            "Content-Length": str(length),
        }
        url = encoded_url(self._base_url, call.path, None)
        return await self._logged(
            call, self._network.send(call.method, url, headers, body, timeout=self._timeout)
        )

    async def _write_checked(self, call: Call, response: Response, sent: Mapping[str, str]) -> Response:
        if self._is_unauthorized(call, response):
            try:
                await self._auth.refused(sent)
            except (TransientError, UnknownOutcomeError) as trouble:
                log.info("http.credentials_not_renewed", host=self._host, error=trouble.code)
        return await self._checked(call, response)

    async def _checked(self, call: Call, response: Response, *, may_be_page: bool = False) -> Response:
        if response.ok:
            if not may_be_page and response.content.lstrip()[:1] == b"<":  # somebody in between greets people
                kind = UnreadableAnswer if call.safe else PageInstead
                raise kind(f"{call.method} {loggable_path(call.path)}: {response.status} with a page")
            await self._limit.accepted()
            await self._health.answered(call)
            return response
        error = self._error_for(call, response)
        if response.status == 429:  # whoever says so wants us to be slower
            wait = await self._limit.refused(retry_after(response))
            raise error if isinstance(error, UnknownOutcomeError) else RateLimited(retry_after=wait)
        raise error

    @asynccontextmanager
    async def _watched(self, call: Call, *, asking: bool = True) -> AsyncIterator[None]:
        """The call as the upstream's health sees it; nothing is asked of an upstream that rests."""
        if asking:
            await self._health.ask(call)
        try:
            yield
        except ConnectorError as error:
            await self._health.failed(call, error)
            raise

    def _is_unauthorized(self, call: Call, response: Response) -> bool:
        """Whether the other side itself, and nobody in between, refuses the credentials."""
        return response.status == 401 and isinstance(self._error_for(call, response), Unauthorized)

    def _is_no_word(self, call: Call, response: Response) -> bool:
        """Whether the answer is none that the other side gives to a request it refuses."""
        return response.ok or isinstance(self._error_for(call, response), UnknownOutcomeError)

    async def _logged(self, call: Call, exchange: Awaitable[Response]) -> Response:
        started = time.perf_counter()
        fields: dict[str, object] = {
            "method": call.method,
            "host": self._host,
            "path": loggable_path(call.path),
        }
        try:
            response = await exchange
        except NetworkFailure as failure:
            log.warning("http.no_answer", **fields, failure=str(failure), ms=_ms_since(started))
            raise
        fields |= {"status": response.status, "request_id": response.request_id, "ms": _ms_since(started)}
        (log.debug if response.ok else log.info)("http.answer", **fields)
        return response


def _ms_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
