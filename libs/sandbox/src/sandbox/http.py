"""What simulators read and answer: a call, an answer, and the raw ways a connection can end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

ABORT = "sandbox.abort"  # key in the ASGI scope: a function that cuts the connection

_JSON = b"application/json"


@dataclass
class Call:
    """One request to a simulator; `identity` is whoever the simulator found behind its credentials."""

    method: str
    template: str
    path: str
    params: dict[str, str]
    query_string: bytes
    headers: dict[bytes, bytes]
    body: bytes = b""
    identity: Any = None
    notes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters; of a repeated one the first counts."""
        pairs = parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True)
        return dict(reversed(pairs))

    def header(self, name: str) -> str:
        """Return a request header, empty when absent."""
        return self.headers.get(name.lower().encode(), b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Answer:
    """One response; a status of 0 means that the connection is cut without any."""

    status: int
    body: bytes = b""
    content_type: bytes | None = _JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


DROPPED = Answer(0)

Handler = Callable[[Call], Answer]


class Refused(Exception):
    """A handler ends early with this answer; nothing was changed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer


class TrailingSlashes:
    """Serves a path that ends with a slash as the one without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self._app(scope, receive, send)


def json_answer(status: int, document: Any, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """Return a JSON answer."""
    return Answer(status, orjson.dumps(document), _JSON, headers)


def call_from_scope(scope: Scope, template: str) -> Call:
    """Return the call of an ASGI scope, its body still unread."""
    return Call(
        method=scope["method"],
        template=template,
        path=scope["path"],
        params=scope.get("path_params", {}),
        query_string=scope["query_string"],
        headers=dict(scope["headers"]),
    )


async def read_body(scope: Scope, receive: Receive, seconds: float) -> bytes | None:
    """Return the whole body, or None when it is not complete in so many real seconds or the client left."""
    timer = asyncio.get_running_loop().call_later(seconds, scope[ABORT]) if ABORT in scope else None
    try:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            return bytes(message.get("body", b""))
        chunks: list[bytes] = []
        while message["type"] == "http.request":
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(chunks)
            message = await receive()
        return None
    finally:
        if timer is not None:
            timer.cancel()


async def send_answer(scope: Scope, send: Send, answer: Answer) -> None:
    """Send the answer, or cut the connection when it is `DROPPED`."""
    if answer.status == 0:
        await drop(scope)
        return
    headers = [*answer.headers]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    if answer.content_type is not None:
        headers.append((b"content-type", answer.content_type))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def drop(scope: Scope) -> None:
    """Cut the connection without an answer."""
    if ABORT not in scope:
        raise ConnectionAbortedError("the simulator cut this connection")
    scope[ABORT]()
    for _ in range(3):  # the server must see the end before the application returns, or it would answer 500
        await asyncio.sleep(0)
