"""The api as a part of a process: its port, its health, its relay, its end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import httpx
import pytest
from fastapi import APIRouter

from api.app import build
from api.http import WebServer
from common.db.engine import Database
from common.http.transport import Network
from common.runtime import ServiceApp
from common.transport.base import Outgoing, Published
from integration.api.harness import ADMIN, api_settings, bearer


@dataclass
class Collector:
    """A transport that keeps what it is given."""

    taken: list[Outgoing] = field(default_factory=list)

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        self.taken += batch
        return Published(sent=[row.outbox_id for row in batch])


@dataclass
class Running:
    """The api on a port."""

    service: ServiceApp
    transport: Collector
    client: httpx.AsyncClient
    stop: asyncio.Event
    tasks: list[asyncio.Task[None]]
    entered: asyncio.Event
    release: asyncio.Event

    def service_is_stopping(self) -> bool:
        """Whether the port takes no new connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.client.base_url.port or 0)) != 0


@pytest.fixture
async def running(database: Database) -> AsyncIterator[Running]:
    """The api as a process runs it, on a free port."""
    transport, stop, entered, release = Collector(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    others = APIRouter()

    @others.get("/slow", include_in_schema=False)
    async def slow() -> None:
        entered.set()
        await release.wait()

    async with Network() as network:
        settings = api_settings(host="127.0.0.1", port=0)
        service = build(settings, database, transport, network, routers=[others])
        tasks = [asyncio.create_task(component.run(stop)) for component in service.components]
        web = cast(WebServer, service.components[0])
        async with asyncio.timeout(10):
            url = f"http://127.0.0.1:{await web.port()}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield Running(service, transport, client, stop, tasks, entered, release)
        stop.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks)


async def test_health_readiness_and_metrics_are_on_the_port(running: Running) -> None:
    assert (await running.client.get("/healthz")).json()["alive"] is True
    ready = await running.client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (200, "ok")
    metrics = (await running.client.get("/metrics")).text
    assert "relay_published_rows_total" in metrics
    for check in (*running.service.needs.values(), *running.service.parts.values()):
        await check()


async def test_commands_leave_through_the_relay(running: Running) -> None:
    admin = bearer(ADMIN)
    tenant = (await running.client.post("/api/v1/tenants", json={"name": "A"}, headers=admin)).json()
    path = f"/api/v1/tenants/{tenant['id']}/settings"
    await running.client.put(path, json={"values": {"mode": "paused"}, "version": 1}, headers=admin)
    async with asyncio.timeout(10):
        while not running.transport.taken:
            await asyncio.sleep(0.01)
    assert [row.type for row in running.transport.taken] == ["invoice-writer.parked.release.v1"]


async def test_the_documentation_is_one_page_without_any_other_host(running: Running) -> None:
    page = await running.client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    paths = (await running.client.get("/openapi.json")).json()["paths"]
    assert "/api/v1/documents" in paths
    assert all(path in page.text for path in paths)
    for forbidden in ("<script", "src=", "@import", "http://cdn", "https://"):
        assert forbidden not in page.text.replace("https://shop.example", "").replace("https://host", "")
    directory = (await running.client.get("/")).json()
    for address in ("docs", "openapi", "health", "ready", "metrics"):
        assert (await running.client.get(directory[address])).status_code == 200


async def test_a_stop_answers_what_was_asked_and_ends(running: Running) -> None:
    asked = asyncio.create_task(running.client.get("/slow"))
    async with asyncio.timeout(10):
        await running.entered.wait()
        running.stop.set()
        while not running.service_is_stopping():
            await asyncio.sleep(0.01)
        assert not running.tasks[0].done()
        running.release.set()
        assert (await asked).status_code == 200
        await asyncio.gather(*running.tasks)


async def test_a_port_that_is_taken_is_said_at_once(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = api_settings(host="127.0.0.1", port=taken.getsockname()[1])
        async with Network() as network:
            service = build(settings, database, Collector(), network)
            with pytest.raises(OSError, match="in use"):
                await service.components[0].run(asyncio.Event())
