"""Simulators for tests: started on free ports in a thread with an event loop of its own."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvloop

from sandbox.base import Simulator
from sandbox.clock import Clock
from sandbox.factory import SIMULATORS, build_simulator
from sandbox.server import SandboxServer

_PLAIN: dict[str, Any] = {"trust_env": False, "verify": False}  # plain HTTP needs no certificates loaded


class Control:
    """The control API of one simulator."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.AsyncClient(base_url=base_url, timeout=30, **_PLAIN)

    async def state(self, **query: str) -> dict[str, Any]:
        """Return what the simulator holds."""
        return dict((await self._checked("GET", "/_control/state", params=query)).json())

    async def reset(self) -> None:
        """Put the simulator back to its first moment."""
        await self._checked("POST", "/_control/reset")

    async def fault(self, method: str, path: str, kind: str, times: int | None = 1, **params: Any) -> None:
        """Make coming requests suffer a fault."""
        fault = {"method": method, "path": path, "kind": kind, "times": times, **params}
        await self._checked("POST", "/_control/faults", json=fault)

    async def clear_faults(self) -> None:
        """Let coming requests be treated well."""
        await self._checked("DELETE", "/_control/faults")

    async def settings(self, **switches: Any) -> dict[str, Any]:
        """Set switches and return all of them."""
        return dict((await self._checked("POST", "/_control/settings", json=switches)).json())

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Give another order, for example `organizations`, and return its result."""
        return dict((await self._checked("POST", f"/_control/{path}", json=dict(body or {}))).json())

    async def _checked(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = await self.http.request(method, path, **options)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response


@dataclass(frozen=True)
class Handle:
    """One running simulator."""

    simulator: Simulator[Any]
    base_url: str
    control: Control
    control_sync: httpx.Client

    @property
    def credentials(self) -> dict[str, Any]:
        """The simulator's entry in the directory: addresses and demo credentials."""
        return self.simulator.directory_entry(self.base_url)


@dataclass(frozen=True)
class RunningSandbox:
    """All running simulators by name, and the address of their directory."""

    directory_url: str
    handles: Mapping[str, Handle]

    @property
    def lexware(self) -> Handle:
        """The Lexware Office simulator."""
        return self.handles["lexware"]

    @property
    def epages(self) -> Handle:
        """The ePages simulator."""
        return self.handles["epages"]

    @property
    def vies(self) -> Handle:
        """The VIES simulator."""
        return self.handles["vies"]


class ServerThread:
    """A `SandboxServer` in a thread of its own, so that a blocked test loop cannot distort it."""

    def __init__(self, build: Callable[[], SandboxServer]) -> None:
        self._build = build
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")
        self._started = threading.Event()
        self._ended: Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.server: SandboxServer | None = None

    def start(self) -> SandboxServer:
        """Start and return the server once it listens."""
        self._ended = self._pool.submit(self._main)
        self._ended.add_done_callback(lambda _: self._started.set())
        self._started.wait()
        if self._ended.done() or self.server is None:
            raise RuntimeError("the sandbox did not start") from self._ended.exception()
        return self.server

    def stop(self) -> None:
        """Stop the server and wait for its thread."""
        if self._loop is not None and self.server is not None and self._ended and not self._ended.done():
            self._loop.call_soon_threadsafe(self.server.stop)
            self._ended.result(timeout=10)
        self._pool.shutdown()

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.server = self._build()
        waiter = asyncio.create_task(self._announce(self.server))
        try:
            await self.server.run()
        finally:
            waiter.cancel()

    async def _announce(self, server: SandboxServer) -> None:
        await server.started.wait()
        self._started.set()


def sandbox_thread(
    *names: str,
    time_scale: float = 1.0,
    data_dir: Path | None = None,
    switches: Mapping[str, Mapping[str, Any]] | None = None,
    host: str = "127.0.0.1",
) -> ServerThread:
    """Return a thread ready to run the named simulators, all when none is named, on free ports."""
    chosen = names or tuple(SIMULATORS)
    clock = Clock(time_scale)

    def build() -> SandboxServer:
        simulators = [build_simulator(name, clock, data_dir, (switches or {}).get(name)) for name in chosen]
        return SandboxServer(host, [(simulator, 0) for simulator in simulators], directory_port=0)

    return ServerThread(build)


@contextlib.asynccontextmanager
async def running_sandbox(
    *names: str,
    time_scale: float = 1.0,
    data_dir: Path | None = None,
    switches: Mapping[str, Mapping[str, Any]] | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[RunningSandbox]:
    """Run the named simulators (all when none is named) on free ports; `switches` are by simulator name."""
    thread = sandbox_thread(*names, time_scale=time_scale, data_dir=data_dir, switches=switches, host=host)
    server = await asyncio.to_thread(thread.start)
    try:
        async with connected(server) as sandbox:
            yield sandbox
    finally:
        await asyncio.to_thread(thread.stop)


@contextlib.asynccontextmanager
async def connected(server: SandboxServer) -> AsyncIterator[RunningSandbox]:
    """Open control clients to a server that runs already, for one test of many."""
    handles = {simulator.name: _handle(simulator) for simulator in server.simulators}
    try:
        yield RunningSandbox(server.directory_url or "", handles)
    finally:
        for handle in handles.values():
            await handle.control.http.aclose()
            handle.control_sync.close()


def _handle(simulator: Simulator[Any]) -> Handle:
    client = httpx.Client(base_url=simulator.base_url, timeout=30, **_PLAIN)
    return Handle(simulator, simulator.base_url, Control(simulator.base_url), client)
