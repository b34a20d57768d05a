"""What stands around every request: its id, the limit of its body, safe headers, the last catch."""

import re
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BodyTooLarge, answer, unexpected

log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024
SMALL_BODY = 64 * 1024
LARGE_BODIES_AT_ONCE = 32 * 1024 * 1024  # bytes held of bodies that are not small, whoever sends them
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
}


class Frame:
    """Wraps the app; every answer carries `X-Request-Id`, and nothing that breaks gets past it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.large_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        scope["request_id"] = request_id
        exchange = _Exchange(self, receive, send, request_id)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if _announced_length(Headers(scope=scope)) > BODY_LIMIT:
                await answer(BodyTooLarge(), request_id)(scope, receive, exchange.send)
                return
            try:
                await self.app(scope, exchange.receive, exchange.send)
            except ClientDisconnect:
                log.info("api.client_left")
            except Exception as error:  # noqa: BLE001 - the outermost catch: whatever it is, the client gets a problem
                response = unexpected(error, request_id)
                if not exchange.started:
                    await response(scope, receive, exchange.send)
            finally:
                exchange.forget()


class _Exchange:
    def __init__(self, frame: Frame, receive: Receive, send: Send, request_id: str) -> None:
        self._frame, self._receive, self._send, self._request_id = frame, receive, send, request_id
        self._received = self._large = 0
        self.started = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > BODY_LIMIT:
            raise HTTPException(413)
        if self._received > SMALL_BODY:
            self._frame.large_bytes += self._received - self._large
            self._large = self._received
            if self._frame.large_bytes > LARGE_BODIES_AT_ONCE:
                raise HTTPException(503)
        return message

    def forget(self) -> None:
        """The request holds nothing more."""
        self._frame.large_bytes -= self._large

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in SAFE_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if GIVEN_ID.fullmatch(given) else uuid4().hex


def _announced_length(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0
