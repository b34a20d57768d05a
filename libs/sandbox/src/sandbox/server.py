"""Several ASGI applications in one process, each on its own port, ended together."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.base import Simulator
from sandbox.directory import directory_app
from sandbox.http import ABORT


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's protocol that also lets an application cut the connection without an answer."""

    def on_message_begin(self) -> None:
        """Hand the application a way to abort the transport."""
        super().on_message_begin()
        self.scope[ABORT] = self.transport.abort  # type: ignore[literal-required]


class QuietServer(uvicorn.Server):
    """A uvicorn server that leaves signals to `SandboxServer` and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class PortTaken(Exception):
    """Another program listens there."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises `PortTaken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as refusal:
        bound.close()
        raise PortTaken(f"port {port} on {host} cannot be used: {refusal.strerror}") from None
    bound.listen(1024)
    bound.setblocking(False)
    return bound


class SandboxServer:
    """Serves simulators, and the directory when it has a port, until it is told to stop."""

    def __init__(
        self, host: str, ports: list[tuple[Simulator[Any], int]], directory_port: int | None
    ) -> None:
        self.simulators = [simulator for simulator, _ in ports]
        self._sockets = [listen(host, port) for _, port in ports]
        for simulator, bound in zip(self.simulators, self._sockets, strict=True):
            simulator.base_url = url_of(host, bound)
        apps: list[Any] = [simulator.app for simulator in self.simulators]
        self.directory_url: str | None = None
        if directory_port is not None:
            apps.append(directory_app(lambda: self.simulators))
            self._sockets.append(listen(host, directory_port))
            self.directory_url = url_of(host, self._sockets[-1])
        self._servers = [QuietServer(_config(app)) for app in apps]
        self.started = asyncio.Event()

    def stop(self) -> None:
        """Ask all servers to finish what they are answering and end."""
        for server in self._servers:
            server.should_exit = True

    def stop_on_signals(self) -> None:
        """Stop on SIGINT and SIGTERM; a second signal does not wait for open requests."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled)

    async def run(self) -> None:
        """Serve until stopped; afterwards the state is written and the ports are free."""
        for simulator in self.simulators:
            await simulator.startup()
        try:
            async with asyncio.TaskGroup() as group:
                for server, bound in zip(self._servers, self._sockets, strict=True):
                    group.create_task(server.serve(sockets=[bound]))
                group.create_task(self._announce())
        finally:
            for simulator in self.simulators:
                await simulator.shutdown()
            for bound in self._sockets:
                bound.close()

    async def _announce(self) -> None:
        for server in self._servers:
            await server.ready.wait()
        self.started.set()

    def _signalled(self) -> None:
        for server in self._servers:
            server.force_exit = server.should_exit
        self.stop()


def url_of(host: str, bound: socket.socket) -> str:
    """Return the base URL under which a client on this machine reaches the socket."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"http://{name}:{bound.getsockname()[1]}"


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=CuttableProtocol,
        ws="none",
        loop="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,  # longer than clients keep idle connections, or a POST meets a closing one
        timeout_graceful_shutdown=2,
        backlog=1024,
    )
