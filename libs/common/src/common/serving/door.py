"""The door of a web server: how many may stand in it, and how long each may take to say what it wants.

It comes before everything else and for everybody. Who has said all waits for its answer undisturbed; who has
not may be sent away, first of all when newcomers find no room.
"""

import asyncio
from functools import partial
from typing import Any, cast

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from common.settings import DoorSettings

log = structlog.get_logger(__name__)

MOST_WAITING = 16  # requests of one connection, behind the one that is being answered
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class Door:
    """All connections of one server; those that have not said everything yet are known oldest first."""

    def __init__(self, settings: DoorSettings) -> None:
        self.settings = settings
        self._inside: set[Visitor] = set()
        self._speaking: dict[Visitor, None] = {}

    def enter(self, visitor: "Visitor") -> bool:
        """Whether there is room, if need be in the place of whoever has been speaking longest."""
        if len(self._inside) >= self.settings.connections:
            oldest = next(iter(self._speaking), None)
            if oldest is None:
                return False
            self.leave(oldest)
            oldest.send_away()
        self._inside.add(visitor)
        self._speaking[visitor] = None
        return True

    def leave(self, visitor: "Visitor") -> None:
        """The connection counts no more."""
        self._inside.discard(visitor)
        self._speaking.pop(visitor, None)

    def has_spoken(self, visitor: "Visitor") -> None:
        """The request is there as a whole; its answer will not be cut off for newcomers."""
        self._speaking.pop(visitor, None)

    def may_speak_again(self, visitor: "Visitor") -> None:
        """The answer is out; the connection may be kept for another request."""
        if visitor in self._inside:
            self._speaking[visitor] = None


class Visitor(HttpToolsProtocol):
    """One connection, as the server's protocol has it, with a time for each thing the other side does."""

    def __init__(self, *args: Any, door: Door, **options: Any) -> None:
        super().__init__(*args, **options)
        self._door, self._patience = door, door.settings
        self._timer: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._loose_bytes, self._goes_on, self._is_whole = 0, False, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The connection is there; without room it ends at once."""
        super().connection_made(transport)
        if self._door.enter(self):
            self._wait(self._patience.head_seconds)
        else:
            log.warning("door.full", connections=self._patience.connections)
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._wait(None)
        self._forget_stall()
        self._door.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request came; what completes no head and is no body, the parser keeps up to a limit."""
        self._goes_on = False
        super().data_received(data)
        self._loose_bytes = 0 if self._goes_on else self._loose_bytes + len(data)
        if self._loose_bytes > self._patience.head_bytes:
            self._end(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins; on a kept connection it is not the first."""
        super().on_message_begin()
        self._is_whole = False
        self._wait(self._patience.head_seconds)

    def on_headers_complete(self) -> None:
        """The head is there; raises, which refuses the request, when too many wait before it."""
        if len(self.pipeline) >= MOST_WAITING:
            raise ValueError("too many requests before their answers")
        self._goes_on = True
        self._wait(self._patience.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body is there."""
        self._goes_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        self._goes_on, self._is_whole = True, True
        self._door.has_spoken(self)
        self._wait(None)
        super().on_message_complete()
        if self.cycle.response_complete:  # answered before it was whole
            self._listen_again()

    def on_response_complete(self) -> None:
        """The answer is out; who has said all of a next request already waits for that one's."""
        is_next_whole = bool(self.pipeline) and self._is_whole
        super().on_response_complete()
        if is_next_whole:
            return
        if self._is_whole:
            self._listen_again()
        else:  # a next request has begun, and its time runs
            self._door.may_speak_again(self)

    def _listen_again(self) -> None:
        """The connection may be kept for another request, as long as one comes."""
        self._door.may_speak_again(self)
        self._wait(self._patience.head_seconds)

    def pause_writing(self) -> None:
        """The other side takes nothing of its answer at the moment."""
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        """It takes more of it."""
        self._forget_stall()
        super().resume_writing()

    def send_away(self) -> None:
        """The connection ends now."""
        self.transport.abort()

    def _wait(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._end, TOO_SLOW)

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(self._patience.stall_seconds, self._look, left)

    def _look(self, left: int) -> None:
        """Whoever took nothing since the last look is sent away."""
        now = self.transport.get_write_buffer_size()
        if now == left:
            self.send_away()
        elif now:
            self._look_again()
        else:
            self._stall = None
            self._wait(self._patience.head_seconds)

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
        self._stall = None

    def _end(self, answer: bytes) -> None:
        self._wait(None)
        if self.transport.get_write_buffer_size():  # an answer is on its way, or stands still
            if self._stall is None:
                self._look_again()
            return
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle  # there is none before the first request
        if cycle is None or not cycle.response_started or cycle.response_complete:
            self.transport.write(answer)
        self.transport.close()


def served(app: FastAPI, settings: DoorSettings, *, drain_seconds: int) -> uvicorn.Config:
    """How a web application of ours is served, behind a door of its own."""
    protocol = cast("type[asyncio.Protocol]", partial(Visitor, door=Door(settings)))
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=drain_seconds,
    )
