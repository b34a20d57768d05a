"""One process: run components until a signal, drain them, and answer /healthz, /readyz and /metrics."""

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
import uvicorn
import uvloop
from fastapi import APIRouter, FastAPI

from common.observability import metrics, tracing
from common.observability.health import Check
from common.observability.logging import configure_logging
from common.observability.routes import ops_router
from common.serving.door import served
from common.settings import OpsSettings

log = structlog.get_logger()

CANCEL_SECONDS = 5.0
HTTP_SECONDS = 3
GARBAGE_THRESHOLDS = (50_000, 20, 100)
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Component(Protocol):
    """Something that works until it is told to stop, and then brings to an end what it has begun.

    It may also have a `heartbeat`, which /healthz looks at.
    """

    name: str

    async def run(self, stop: asyncio.Event) -> None:
        """Work; when `stop` is set take nothing new, and return when everything begun has ended."""
        ...


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class ServiceApp:
    """What one service contributes to a process; `mount` may add handlers to the HTTP application.

    Without one of its `needs` the process can do none of its work; `parts` may fail while the rest goes on.
    """

    name: str
    components: Sequence[Component]
    needs: Mapping[str, Check] = field(default_factory=dict)
    parts: Mapping[str, Check] = field(default_factory=dict)
    routers: Sequence[APIRouter] = ()
    close: Callable[[], Awaitable[None]] = _nothing
    mount: Callable[[FastAPI], None] | None = None


def collect_seldom() -> None:
    """Look for cycles of garbage far less often: what a message leaves behind goes without that."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a process' main coroutine on the fast event loop."""
    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def serve(apps: Sequence[ServiceApp], ops: OpsSettings) -> None:
    """Run the apps until SIGTERM or SIGINT, then drain; raises `SystemExit(1)` when a component crashed."""
    configure_logging(format=ops.log_format, level=ops.log_level)
    tracing.start("-".join(app.name for app in apps))
    stop, hurry = asyncio.Event(), asyncio.Event()
    listener = socket.create_server((ops.host, ops.port), family=_family(ops.host), backlog=2048)
    server = _Server(served(_http_app(apps, stop), ops.door, drain_seconds=HTTP_SECONDS))
    with _signals(stop, hurry):
        http = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        log.info("runtime.started", apps=[app.name for app in apps], port=listener.getsockname()[1])
        crashed = await _supervise(apps, stop, hurry, ops.drain_timeout.total_seconds())
        server.should_exit = True
        await asyncio.wait({http}, timeout=HTTP_SECONDS + CANCEL_SECONDS)
        for app in apps:
            await _close(app)
    log.info("runtime.stopped", crashed=crashed)
    if crashed:
        raise SystemExit(1)


async def _supervise(
    apps: Sequence[ServiceApp], stop: asyncio.Event, hurry: asyncio.Event, drain_seconds: float
) -> list[str]:
    """Run every component to its end and return the names of those that crashed."""
    running: set[asyncio.Task[Any]] = set()
    for app in apps:
        running |= {
            asyncio.create_task(component.run(stop), name=component.name) for component in app.components
        }
        metrics.RUNTIME_COMPONENTS.labels(app.name).set(len(app.components))
    crashed: list[str] = []
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    while running and not stop.is_set():
        ended, running = await asyncio.wait(running | {stopping}, return_when=asyncio.FIRST_COMPLETED)
        running.discard(stopping)
        crashed += _crashes(ended)
        if crashed:
            stop.set()
    if not running:
        await stop.wait()
    stopping.cancel()
    if running:
        crashed += await _drain(running, hurry, drain_seconds)
    return crashed


async def _drain(running: set[asyncio.Task[Any]], hurry: asyncio.Event, seconds: float) -> list[str]:
    """Let the components come to an end, for so long and not longer; a second signal cuts it short."""
    log.info("runtime.draining", components=sorted(task.get_name() for task in running))
    hurrying = asyncio.create_task(hurry.wait())
    first_of: set[asyncio.Future[Any]] = {hurrying, asyncio.gather(*running, return_exceptions=True)}
    await asyncio.wait(first_of, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    hurrying.cancel()
    late = {task for task in running if not task.done()}
    if late:
        log.warning("runtime.cancelled", components=sorted(task.get_name() for task in late))
        for task in late:
            task.cancel()
        await asyncio.wait(late, timeout=CANCEL_SECONDS)
    return _crashes({task for task in running if task.done()})


async def _close(app: ServiceApp) -> None:
    try:
        await app.close()
    except Exception:  # the other apps must be closed all the same
        log.exception("runtime.close_failed", app=app.name)


def _crashes(ended: set[asyncio.Task[Any]]) -> list[str]:
    crashed = []
    for task in ended:
        if not task.cancelled() and (error := task.exception()):
            log.error("runtime.component_crashed", component=task.get_name(), exc_info=error)
            crashed.append(task.get_name())
    return sorted(crashed)


def _http_app(apps: Sequence[ServiceApp], stop: asyncio.Event) -> FastAPI:
    routers = [router for app in apps for router in app.routers]
    http = FastAPI(title="shopbooks", openapi_url="/openapi.json" if routers else None)
    needs = {f"{app.name}.{name}": check for app in apps for name, check in app.needs.items()}
    parts = {f"{app.name}.{name}": check for app in apps for name, check in app.parts.items()}
    components = [component for app in apps for component in app.components]
    http.include_router(ops_router(needs, parts, components, stop))
    http.add_middleware(tracing.TraceRequests)
    for router in routers:
        http.include_router(router)
    for app in apps:
        if app.mount:
            app.mount(http)
    return http


@contextmanager
def _signals(stop: asyncio.Event, hurry: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def ask_to_stop() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in SIGNALS:
        loop.add_signal_handler(number, ask_to_stop)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class _Server(uvicorn.Server):
    """Leaves signals to this module, which drains before the port closes."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
