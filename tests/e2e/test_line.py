"""The whole line on both profiles: what a shop finalises stands in the books once, with its file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

import ingest.app
import invoice_writer.app
import transit_writer.app
from common.db.engine import Database, open_database
from common.db.models.books import OutcomeRow
from common.db.models.ingest import DocumentRow
from common.db.models.transit import BookedVoucherRow
from common.http.transport import Network
from common.inbox.accept import accept
from common.runtime import ServiceApp
from common.settings import DatabaseSettings, HostPolicy, KafkaSettings, LexwareSettings
from common.transport.base import Transport
from common.transport.kafka import KafkaTransport
from common.transport.local import LocalTransport
from factories.tenants import KEY, add_books, add_shop, add_tenant
from sandbox.testing import RunningSandbox, running_sandbox
from support.eventually import eventually
from support.services import running_services
from support.topics import with_topics

SETTLE_SECONDS = 150  # nothing here is measured: this ends a test that hangs
pytestmark = pytest.mark.timeout(300)
PROFILES = ("standalone", pytest.param("cluster", marks=[pytest.mark.postgres, pytest.mark.kafka]))


@dataclass
class WholeLine:
    """Shop, books and the services between them."""

    db: Database
    sandbox: RunningSandbox
    shop: dict[str, Any]
    organization: dict[str, Any]

    async def sell(self, **document: Any) -> None:
        """The shop takes an order and finalises its invoice."""
        await self.order({}, document)

    async def order(self, order: dict[str, Any], document: dict[str, Any]) -> None:
        """The shop takes this order and finalises its invoice."""
        wanted = {"shop": self.shop["shop_id"], "order": order, "document": document}
        await self.sandbox.epages.control.post("orders/sell", wanted)

    async def vouchers(self) -> list[dict[str, Any]]:
        """What the books hold."""
        state = await self.sandbox.lexware.control.state(organization_id=self.organization["organization_id"])
        return list(state["vouchers"])

    async def settled(self, count: int) -> bool:
        """Whether so many documents are known to everybody and none is under way."""
        async with self.db.reading.of_all_tenants() as session:
            seen = await session.scalar(select(func.count()).select_from(DocumentRow))
            outcomes = (await session.execute(select(OutcomeRow.status, OutcomeRow.file_status))).all()
            recorded = await session.scalar(select(func.count()).select_from(BookedVoucherRow))
        under_way = [
            row for row in outcomes if row.status == "waiting" or tuple(row) == ("booked", "pending")
        ]
        return seen == len(outcomes) == recorded == count and not under_way


@pytest.fixture(params=PROFILES)
async def line(request: pytest.FixtureRequest) -> AsyncIterator[WholeLine]:
    """The three services that work, on SQLite in one database or on PostgreSQL and Kafka."""
    is_cluster = request.param == "cluster"
    url = request.getfixturevalue("private_postgres_url" if is_cluster else "sqlite_url")
    kafka = (
        await with_topics(
            request.getfixturevalue("kafka_bootstrap"),
            request.getfixturevalue("topic_prefix"),
            real=request.getfixturevalue("server_desk").server("kafka").real,
        )
        if is_cluster
        else None
    )
    switches = {"lexware": {"rate_limit": False}}
    async with AsyncExitStack() as stack:
        db = open_database(DatabaseSettings(url=url))
        stack.push_async_callback(db.close)
        sandbox = await stack.enter_async_context(running_sandbox(time_scale=0.1, switches=switches))
        network = await stack.enter_async_context(Network())
        connected = await connect(db, sandbox)
        apps = services(db, kafka, network, sandbox)
        await stack.enter_async_context(running_services(*apps))
        yield connected


async def connect(db: Database, sandbox: RunningSandbox) -> WholeLine:
    """A merchant with a shop and books."""
    shop = await sandbox.epages.control.post("shops", {"shop_id": "LineShop"})
    organization = await sandbox.lexware.control.post("organizations")
    tenant_id = await add_tenant(db, poll_interval_seconds=1)
    await add_books(
        db, tenant_id, organization_id=organization["organization_id"], api_key=organization["api_key"]
    )
    await add_shop(db, tenant_id, address=shop["base_url"], access_token=shop["access_token"])
    return WholeLine(db, sandbox, shop | {"shop_id": "LineShop"}, organization)


def services(
    db: Database, kafka: KafkaSettings | None, network: Network, sandbox: RunningSandbox
) -> list[ServiceApp]:
    """What runs as one process each in the cluster."""
    transport: Transport = KafkaTransport(kafka, db, accept) if kafka else LocalTransport(db, accept)
    shared: dict[str, Any] = {"database": DatabaseSettings(url="unused"), "encryption_keys": (KEY,)}
    reading = ingest.app.Settings(
        **shared, hosts=HostPolicy(trusted_hosts=("127.0.0.1",)), overlap_seconds=30
    )
    books = LexwareSettings(api_url=sandbox.lexware.base_url, rate_limit_enabled=False)
    writing = invoice_writer.app.Settings(**shared, lexware=books)
    recording = transit_writer.app.Settings(database=shared["database"])
    return [
        ingest.app.build(reading, db, transport, network),
        invoice_writer.app.build(writing, db, transport, network),
        transit_writer.app.build(recording, db, transport),
        ServiceApp("transport", [transport]),
    ]


async def test_finalised_documents_stand_in_the_books_once(line: WholeLine) -> None:
    await asyncio.gather(*(line.sell() for _ in range(12)))
    await eventually(lambda: line.settled(12), within=SETTLE_SECONDS, what="12 documents settled")
    vouchers = await line.vouchers()
    assert len({voucher["voucherNumber"] for voucher in vouchers}) == len(vouchers) == 12
    assert all(len(voucher["files"]) == 1 for voucher in vouchers)


async def test_document_delivered_abroad_is_parked_and_the_others_go_on(line: WholeLine) -> None:
    abroad = {"country": "AT", "zipCode": "1010", "city": "Wien"}
    await line.order({"billing": abroad}, {})
    await line.sell()
    await eventually(lambda: line.settled(2), within=SETTLE_SECONDS, what="2 documents settled")
    async with line.db.reading.of_all_tenants() as session:
        statuses = (await session.scalars(select(OutcomeRow.status).order_by(OutcomeRow.status))).all()
    assert statuses == ["booked", "parked"]
    assert len(await line.vouchers()) == 1
