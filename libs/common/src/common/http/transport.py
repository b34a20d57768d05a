"""The one place that chooses how requests reach the network: httpx requests over aiohttp connections.

aiohttp carries several times more requests per second than httpx's own transport and lets a body decide
itself when its last byte is written. No layer here keeps cookies, follows redirects or repeats a write.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import httpx
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from httpx_aiohttp import AiohttpTransport

from common.http.addresses import AddressNotPublic, Guard
from common.http.answers import ConnectionRefused, NetworkFailure, NotConnected, read_body
from common.http.gate import Gate
from common.settings import HostPolicy

MAX_ANSWER = 32 * 1024 * 1024
KEEP_ALIVE_SECONDS = 15.0  # shorter than servers', so that a write seldom meets a closing connection
UNACKNOWLEDGED_MS = 30_000  # the kernel gives up unacknowledged bytes, also those of a stopped process
USER_AGENT = "shopbooks"
AS_IT_IS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer of any status; headers compare case-insensitively."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        """The id under which the other side knows the request, for its support."""
        names = ("x-amzn-requestid", "x-amz-apigw-id", "x-request-id", "x-correlation-id")
        return next((self.headers[name] for name in names if name in self.headers), None)


class OneShotBody(httpx.AsyncByteStream, Payload):
    """A body that can be sent once; with a gate its last byte leaves only after everything before it did."""

    def __init__(self, body: bytes, gate: Gate | None = None) -> None:
        Payload.__init__(self, body, content_type=None)
        self._size, self._gate = len(body), gate

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write the body; nothing suspends between the gate and the last byte."""
        self._consumed = True
        if self._gate is None:
            await writer.write(self._value)
            return
        await writer.write(self._value[:-1])
        await _left_the_process(writer)
        self._gate.check()
        await writer.write(self._value[-1:])

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the body without a length limit."""
        await self.write_with_length(writer, None)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text."""
        return bytes(self._value).decode(encoding, errors)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._gate is None:
            yield self._value
            return
        yield self._value[:-1]
        self._gate.check()
        yield self._value[-1:]


class Network:
    """All outgoing connections of a process; nothing connects before the first request."""

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        max_connections: int = 200,
        hosts: HostPolicy | None = None,
    ) -> None:
        self._given, self._max_connections = transport, max_connections
        self._transport = transport or AiohttpTransport(client=lambda: _session(max_connections, hosts))
        self._guarded: dict[HostPolicy, Network] = {}

    def guarded(self, hosts: HostPolicy) -> "Network":
        """Connections for addresses that others gave us: to public hosts and trusted ones only.

        They are never those of this network, so that none is shared; closing this one closes them.
        """
        if self._given is not None:
            return self
        if hosts not in self._guarded:
            self._guarded[hosts] = Network(max_connections=self._max_connections, hosts=hosts)
        return self._guarded[hosts]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for network in self._guarded.values():
            await network.aclose()
        await self._transport.aclose()

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: OneShotBody | None,
        *,
        timeout: float,
        max_bytes: int = MAX_ANSWER,
    ) -> Response:
        """Send one request. Returns its complete answer; raises `NetworkFailure`."""
        request = httpx.Request(method, url, headers={**AS_IT_IS, **headers}, stream=body)
        request.extensions["timeout"] = {"connect": 10.0, "pool": 10.0, "read": timeout, "write": timeout}
        try:
            async with asyncio.timeout(timeout + 20):
                response = await self._transport.handle_async_request(request)
                async with contextlib.aclosing(response):
                    content = await read_body(response, max_bytes)
                return Response(response.status_code, response.headers, content)
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, TimeoutError, OSError) as error:
            refused = next((one for one in _causes(error) if isinstance(one, AddressNotPublic)), None)
            if refused is not None:
                raise ConnectionRefused(str(refused)) from error
            kind = NotConnected if _is_unconnected(error) else NetworkFailure
            raise kind(type(error).__name__) from error


def encoded_url(base_url: str, path: str, params: Mapping[str, str] | None) -> str:
    """The address with its query, percent-encoded."""
    url = base_url.rstrip("/") + path
    return str(httpx.URL(url, params=params)) if params else url


def _is_unconnected(error: BaseException) -> bool:
    """By its cause: the layer between names a refused connection like one that took too long."""
    return isinstance(error, httpx.ConnectError) or isinstance(error.__cause__, aiohttp.ClientConnectorError)


async def _left_the_process(writer: AbstractStreamWriter) -> None:
    """Wait until the kernel has what was written; event loops collect writes and would send all as one."""
    pause = 0.0
    transport: Any = getattr(writer, "transport", None)
    for _ in range(2):  # beneath TLS another layer collects for one more turn of the loop
        await asyncio.sleep(0)
    while transport is not None and not transport.is_closing():
        if not transport.get_write_buffer_size():
            return
        await asyncio.sleep(pause)
        pause = 0.005
    raise ConnectionResetError("the connection ended before the last byte")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from."""
    while error is not None:
        yield error
        error = getattr(error, "os_error", None) or error.__cause__


def _session(max_connections: int, hosts: HostPolicy | None) -> aiohttp.ClientSession:
    guard = Guard(hosts) if hosts is not None else None
    connector = aiohttp.TCPConnector(
        limit=max_connections,
        ssl=httpx.create_ssl_context(),
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        resolver=guard,
        socket_factory=lambda address: _socket(address, guard),
    )
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": USER_AGENT}
    )


def _socket(address: Any, guard: Guard | None) -> socket.socket:
    family, kind, protocol, _, place = address
    if guard is not None:
        guard.check(place)
    opened = socket.socket(family, kind, protocol)
    opened.setblocking(False)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
    return opened
