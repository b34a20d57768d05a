"""A small application behind a door, and callers at it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import FastAPI, Request, Response

from common.settings import DoorSettings

SECONDS = 0.4
LARGE = b"x" * (64 * 1024 * 1024)


@dataclass
class House:
    """A small application behind a door."""

    port: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)
    inside: int = 0
    bodies: list[bytes] = field(default_factory=list)
    callers: list["Caller"] = field(default_factory=list)

    async def knock(self, said: bytes = b"") -> "Caller":
        """Somebody who says this much at once."""
        caller = Caller(*await asyncio.open_connection("127.0.0.1", self.port))
        self.callers.append(caller)
        caller.writer.write(said)
        return caller


@dataclass
class Caller:
    """One connection, from the outside."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def rest(self) -> bytes:
        """Everything that comes until the connection ends."""
        try:
            async with asyncio.timeout(10):
                return await self.reader.read()
        except ConnectionError:
            return b""

    async def dribble(self, pause: float = SECONDS / 8) -> None:
        """Say one byte after the other, without end."""
        try:
            while not self.writer.is_closing():
                self.writer.write(b"x")
                await self.writer.drain()
                await asyncio.sleep(pause)
        except ConnectionError:
            return


def application(house: House) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def quick() -> str:
        return "quick"

    @app.get("/slow")
    async def slow() -> str:
        house.inside += 1
        await house.release.wait()
        return "slow"

    @app.get("/large")
    async def large() -> Response:
        return Response(LARGE)

    @app.post("/")
    async def take(request: Request) -> str:
        house.bodies.append(await request.body())
        return "taken"

    return app


Open = Callable[[DoorSettings], Awaitable[House]]


def patience(**over: float) -> DoorSettings:
    return DoorSettings.model_validate({"head_seconds": SECONDS, "body_seconds": SECONDS, **over})


def get(path: str = "/", more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{more}\r\n".encode()
