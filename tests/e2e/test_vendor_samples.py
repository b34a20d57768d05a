"""The vendors' own payloads, when their folder is given, through ingest and the invoice writer."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import ingest.app
import invoice_writer.app
from common.db.engine import Database, open_database
from common.db.models.books import OutcomeRow
from common.db.models.ingest import DocumentRow, OrderRow
from common.http.transport import Network
from common.inbox.accept import accept
from common.settings import DatabaseSettings, HostPolicy, LexwareSettings
from common.transport.local import LocalTransport
from factories.tenants import KEY, add_books, add_shop, add_tenant
from sandbox.testing import Handle, running_sandbox
from support.eventually import eventually
from support.services import running_services

SAMPLES = os.environ.get("SAMPLES_DIR")
ORDER_WITH_DOCUMENTS = "ORD151104/1032"
ROOT = "/rs/shops/Samples"

pytestmark = pytest.mark.skipif(
    SAMPLES is None, reason="SAMPLES_DIR names no folder with the vendors' samples"
)


def sample(name: str) -> Any:
    """One payload of the shop's vendor."""
    return json.loads((Path(SAMPLES or "") / "epages" / name).read_text(encoding="utf-8"))


def shop_of_samples() -> Starlette:
    """A shop that answers with the samples; the documents belong to one order of the list."""
    orders, documents = sample("orders-list.json"), sample("order-documents-invoice-creditnote.json")
    owner = next(order for order in orders["items"] if order["orderNumber"] == ORDER_WITH_DOCUMENTS)
    owner["orderId"] = documents["items"][0]["orderId"]
    nothing = {"results": 0, "page": 1, "resultsPerPage": 100, "items": []}

    async def list_orders(request: Request) -> JSONResponse:
        return JSONResponse(orders)

    async def list_documents(request: Request) -> JSONResponse:
        return JSONResponse(documents if request.path_params["order_id"] == owner["orderId"] else nothing)

    return Starlette(
        routes=[
            Route(f"{ROOT}/orders", list_orders),
            Route(f"{ROOT}/orders/{{order_id}}/documents", list_documents),
        ]
    )


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """The address of the app while it is served."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serve = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serve


@pytest.fixture
async def db(sqlite_url: str) -> AsyncIterator[Database]:
    opened = open_database(DatabaseSettings(url=sqlite_url))
    yield opened
    await opened.close()


async def run_until_decided(db: Database, shop_url: str, books: Handle) -> None:
    """Read the shop and book until both documents have an outcome with a settled file."""
    tenant_id = await add_tenant(db, poll_interval_seconds=1, start_on="2024-01-01")
    credentials = books.credentials
    await add_books(
        db, tenant_id, organization_id=credentials["organization_id"], api_key=credentials["api_key"]
    )
    await add_shop(db, tenant_id, address=shop_url + ROOT, access_token="sample-token")
    shared: dict[str, Any] = {"database": DatabaseSettings(url="unused"), "encryption_keys": (KEY,)}
    reading = ingest.app.Settings(**shared, hosts=HostPolicy(trusted_hosts=("127.0.0.1",)))
    writing = invoice_writer.app.Settings(**shared, lexware=LexwareSettings(api_url=books.base_url))
    transport = LocalTransport(db, accept)

    async def settled() -> bool:
        async with db.reading.of_all_tenants() as session:
            rows = (await session.execute(select(OutcomeRow.status, OutcomeRow.file_status))).all()
        return len(rows) == 2 and not any(
            row.status == "booked" and row.file_status == "pending" for row in rows
        )

    async with Network() as network:
        apps = (
            ingest.app.build(reading, db, transport, network),
            invoice_writer.app.build(writing, db, transport, network),
        )
        async with running_services(*apps):
            await eventually(settled, what="both documents settled")


async def test_vendor_samples_end_as_they_must(db: Database) -> None:
    async with running_sandbox("lexware") as sandbox, serving(shop_of_samples()) as shop_url:
        await run_until_decided(db, shop_url, sandbox.lexware)
        vouchers = (await sandbox.lexware.control.state())["vouchers"]
    async with db.reading.of_all_tenants() as session:
        outcomes = {row.number: row for row in (await session.scalars(select(OutcomeRow))).all()}
        orders = (await session.scalars(select(OrderRow.order_number))).all()
        documents = (await session.scalars(select(DocumentRow.number))).all()
    assert sorted(orders) == sorted(order["orderNumber"] for order in sample("orders-list.json")["items"])
    assert sorted(documents) == ["1001", "1002"]
    assert (outcomes["1001"].status, outcomes["1001"].file_status) == ("booked", "refused")
    assert outcomes["1002"].status == "parked"
    (voucher,) = vouchers
    assert Decimal(str(voucher["totalGrossAmount"])) == Decimal("96.90")
    assert Decimal(str(voucher["totalTaxAmount"])) == Decimal("15.47")
    assert voucher["files"] == []
