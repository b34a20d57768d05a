"""The web application on its port, as a part of the process that others drain with."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from common.serving.door import served
from common.settings import DoorSettings

log = structlog.get_logger(__name__)

OPEN_REQUESTS_SECONDS = 10


class WebServer:
    """Serves an application until told to stop; requests under way are answered first."""

    name = "api.web"

    def __init__(
        self,
        app: FastAPI,
        host: str,
        port: int,
        stopping: asyncio.Event,
        door: DoorSettings = DoorSettings(),  # noqa: B008 - frozen
    ) -> None:
        self._app, self._host, self._port, self._stopping = app, host, port, stopping
        self._door = door
        self._listening: asyncio.Future[int] | None = None

    async def port(self) -> int:
        """Wait until a port is listened on. Returns it."""
        return await asyncio.shield(self._future())

    async def run(self, stop: asyncio.Event) -> None:
        """Serve; raises `OSError` when the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        with socket.create_server((self._host, self._port), family=family, backlog=2048) as listener:
            server = _Server(served(self._app, self._door, drain_seconds=OPEN_REQUESTS_SECONDS))
            serving = asyncio.create_task(server.serve(sockets=[listener]), name=f"{self.name}.serving")
            self._future().set_result(listener.getsockname()[1])
            log.info("api.listening", host=self._host, port=listener.getsockname()[1])
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            self._stopping.set()
            server.should_exit = True
            await serving

    def _future(self) -> asyncio.Future[int]:
        if self._listening is None:
            self._listening = asyncio.get_running_loop().create_future()
        return self._listening


class _Server(uvicorn.Server):
    """Leaves signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
