"""A shop and its books change hands: released by the operator, linked afresh, and nothing is booked twice."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import api.app
import ingest.app
import invoice_writer.app
from common.db.engine import Database
from common.http.transport import Network
from common.inbox.accept import accept
from common.runtime import ServiceApp
from common.settings import DatabaseSettings, HostPolicy, LexwareSettings
from common.transport.local import LocalTransport
from factories.tenants import KEY
from sandbox.testing import RunningSandbox, running_sandbox
from support.eventually import eventually
from support.services import running_services
from tools.servers.processes import free_ports

ADMIN = "admin-token-of-the-test"
SETTLE_SECONDS = 100  # nothing here is measured: this ends a test that hangs
SETTINGS = {"poll_interval_seconds": 10, "start_on": "2025-01-01"}
WHY = {"reason": "The shop was sold with its books."}
WRITTEN, ADOPTED = ("booked", "written"), ("booked", "adopted")
ELSEWHERE, BEHIND = ("parked", "same_document_elsewhere"), ("parked", "original_parked")
pytestmark = pytest.mark.timeout(240)


Stand = tuple[str, str | None]


@dataclass
class House:
    """All services over one database, asked over HTTP by an operator."""

    http: httpx.AsyncClient
    sandbox: RunningSandbox
    shop: dict[str, Any]
    organization: dict[str, Any]

    async def merchant(self, name: str) -> str:
        """A tenant that wants everything since long ago."""
        answer = await self.http.post("/api/v1/tenants", json={"name": name, "settings": SETTINGS})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def link(self, tenant_id: str) -> list[httpx.Response]:
        """Books and shop are linked for the tenant, or it is said why not."""
        secrets = {"access_token": self.shop["access_token"], "client_secret": self.shop["client_secret"]}
        books = {"kind": "books", "name": "Books", "api_key": self.organization["api_key"]}
        shop = {"kind": "shop", "platform": "epages", "name": "Shop", "base_url": self.shop["base_url"]}
        bodies = (books | {"tenant_id": tenant_id}, shop | secrets | {"tenant_id": tenant_id})
        return [await self.http.post("/api/v1/connections", json=body) for body in bodies]

    async def sell(self, count: int) -> list[str]:
        """The shop sells; the ids of the orders."""
        wanted = {"shop": self.shop["shop_id"], "order": {}, "document": {}}
        sell = self.sandbox.epages.control.post
        return [str((await sell("orders/sell", wanted))["order_id"]) for _ in range(count)]

    async def credit(self, order_id: str) -> None:
        """The shop takes a sale back."""
        wanted = {"shop": self.shop["shop_id"], "order": order_id}
        await self.sandbox.epages.control.post("orders/credit", wanted)

    async def documents(self, tenant_id: str) -> list[Stand]:
        """How the tenant's documents stand."""
        answer = await self.http.get("/api/v1/documents", params={"tenant_id": tenant_id})
        items = answer.json()["items"]
        return [(item["status"], item["how"] or item["reason"]) for item in items]

    async def files_attached(self, tenant_id: str) -> bool:
        """Whether every document of the tenant has its file at the voucher."""
        answer = await self.http.get("/api/v1/documents", params={"tenant_id": tenant_id})
        return {item["file_status"] for item in answer.json()["items"]} == {"attached"}

    async def documents_stand(self, tenant_id: str, stands: list[Stand]) -> None:
        """Wait until the tenant's documents stand like that, in whatever order."""

        async def holds() -> bool:
            return sorted(map(str, await self.documents(tenant_id))) == sorted(map(str, stands))

        try:
            await eventually(holds, within=SETTLE_SECONDS, every=0.3)
        except AssertionError:
            raise AssertionError(await self.documents(tenant_id)) from None

    async def vouchers(self) -> list[str]:
        """The numbers that the books hold."""
        query = {"organization_id": self.organization["organization_id"]}
        state = await self.sandbox.lexware.control.state(**query)
        return sorted(str(voucher["voucherNumber"]) for voucher in state["vouchers"])

    async def alarms(self) -> list[str]:
        """The kinds of every alarm there ever was."""
        answer = await self.http.get("/api/v1/alarms")
        return [alarm["kind"] for alarm in answer.json()["items"]]


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """A shop, books, and all services of ours between them."""
    switches = {"lexware": {"rate_limit": False}}
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            running_sandbox("epages", "lexware", time_scale=0.1, switches=switches)
        )
        network = await stack.enter_async_context(Network())
        (port,) = free_ports(1)
        await stack.enter_async_context(running_services(*services(database, network, sandbox, port)))
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {ADMIN}"},
                trust_env=False,
            )
        )
        shop = await sandbox.epages.control.post("shops", {"shop_id": "Sold"})
        organization = await sandbox.lexware.control.post("organizations")
        yield House(http, sandbox, shop | {"shop_id": "Sold"}, organization)


def services(db: Database, network: Network, sandbox: RunningSandbox, port: int) -> list[ServiceApp]:
    """What serves the merchants, each as it is built for a process of its own."""
    transport = LocalTransport(db, accept)
    books = LexwareSettings(api_url=sandbox.lexware.base_url, rate_limit_enabled=False)
    shared: dict[str, Any] = {"database": DatabaseSettings(url="unused"), "encryption_keys": (KEY,)}
    hosts = HostPolicy(trusted_hosts=("127.0.0.1",))
    asking = api.app.Settings(
        **shared, hosts=hosts, lexware=books, admin_token=SecretStr(ADMIN), host="127.0.0.1", port=port
    )
    writing = invoice_writer.app.Settings(**shared, lexware=books)
    return [
        api.app.build(asking, db, transport, network),
        ingest.app.build(ingest.app.Settings(**shared, hosts=hosts), db, transport, network),
        invoice_writer.app.build(writing, db, transport, network),
        ServiceApp("transport", [transport]),
    ]


async def test_r1_what_a_released_merchant_booked_is_adopted_by_the_next_with_one_command(
    house: House,
) -> None:
    await eventually(lambda: answers(house), within=30)
    first, second = await house.merchant("First"), await house.merchant("Second")
    linked = await house.link(first)
    assert [answer.status_code for answer in linked] == [201, 201], [answer.text for answer in linked]
    orders = await house.sell(3)
    await house.documents_stand(first, [WRITTEN] * 3)
    await house.credit(orders[0])
    await house.documents_stand(first, [WRITTEN] * 4)
    before = await house.vouchers()

    refused = await house.link(second)
    codes = [answer.json()["code"] for answer in refused]
    assert codes == ["organization_linked_elsewhere", "shop_linked_elsewhere"]
    for answer in linked:
        released = await house.http.post(f"/api/v1/connections/{answer.json()['id']}/release", json=WHY)
        assert released.status_code == 200, released.text
    afresh = await house.link(second)
    assert [answer.status_code for answer in afresh] == [201, 201], [answer.text for answer in afresh]

    await house.documents_stand(second, [*[ELSEWHERE] * 3, BEHIND])
    command = await house.http.post(f"/api/v1/tenants/{second}/adopt-matching")
    assert command.status_code == 202, command.text
    await house.documents_stand(second, [ADOPTED] * 4)
    assert await house.vouchers() == before
    assert await house.documents(first) == [WRITTEN] * 4
    await eventually(lambda: house.files_attached(second), within=SETTLE_SECONDS, what="files")

    await house.sell(1)
    await house.credit(orders[1])
    await house.documents_stand(second, [*[ADOPTED] * 4, *[WRITTEN] * 2])
    assert len(await house.documents(first)) == 4
    assert len(set(await house.vouchers())) == len(await house.vouchers()) == 6
    assert await house.alarms() == []


async def answers(house: House) -> bool:
    """Whether the api listens."""
    try:
        return (await house.http.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False
