"""A database that the first release filled goes on with today's code: nothing is booked twice.

The rows were left by the first release itself, started as its README says. In them one shop is linked under
two spellings of its address, and its books and shop by a second merchant too.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

import ingest.app
import invoice_writer.app
import transit_writer.app
from common.db.engine import Database, open_database
from common.db.migrate import upgrade_database
from common.db.models.books import OutcomeRow
from common.http.transport import Network
from common.inbox.accept import accept
from common.runtime import ServiceApp
from common.settings import DatabaseSettings, HostPolicy, LexwareSettings
from common.transport.local import LocalTransport
from sandbox.store import Store
from sandbox.testing import RunningSandbox, running_sandbox
from support.eventually import eventually
from support.services import running_services
from tools.release_rows import lay_product_rows, lay_sandbox_rows, read_lines

ROWS = Path(__file__).parents[1] / "fixtures" / "releases" / "first.jsonl.gz"
KEY = SecretStr("40c49b37ae564ca34bed563e533f9b51a533556734627038382d8ed053b92b19")  # of these rows alone
ORGANIZATION = "0a0a0a0a-0000-4000-8000-000000000001"
SHOP_PORT, BOOKS_PORT = "19101", "19102"
HOSTS = HostPolicy(trusted_hosts=("127.0.0.1", "localhost"))
SETTLE_SECONDS = 100  # nothing here is measured: this ends a test that hangs
pytestmark = pytest.mark.timeout(240)


@dataclass
class Upgraded:
    """What the first release left, under today's services."""

    db: Database
    sandbox: RunningSandbox
    booked_before: dict[Any, str]

    async def outcomes(self) -> list[Any]:
        """Where every document stands."""
        columns = (OutcomeRow.document_id, OutcomeRow.number, OutcomeRow.status, OutcomeRow.voucher_id)
        async with self.db.reading.of_all_tenants() as session:
            return list((await session.execute(select(*columns, OutcomeRow.reason))).all())

    async def vouchers(self) -> list[dict[str, Any]]:
        """What the books hold."""
        state = await self.sandbox.lexware.control.state(organization_id=ORGANIZATION)
        return list(state["vouchers"])

    async def sell(self) -> str:
        """The shop takes an order and finalises its invoice; the invoice's number."""
        sold = await self.sandbox.epages.control.post("orders/sell", {"shop": "DemoShop"})
        return str(sold["document"]["number"])


@pytest.fixture
async def upgraded(old_url: str, tmp_path: Path) -> AsyncIterator[Upgraded]:
    """The first release's rows, upgraded, with the services of today at work on them."""
    lines, stores = read_lines(ROWS), tmp_path / "sandbox"
    for name in ("epages", "lexware", "vies"):
        Store(stores / f"{name}.sqlite3").close()
    lay_sandbox_rows(stores, lines)
    switches = {"lexware": {"rate_limit": False}}
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            running_sandbox(time_scale=0.1, data_dir=stores, switches=switches)
        )
        db = open_database(DatabaseSettings(url=old_url))
        stack.push_async_callback(db.close)
        await lay_product_rows(db, _moved(lines, sandbox))
        booked = await _booked(db)
        await asyncio.to_thread(upgrade_database, old_url)
        network = await stack.enter_async_context(Network())
        await stack.enter_async_context(running_services(*_services(db, network, sandbox)))
        yield Upgraded(db, sandbox, booked)


def _moved(lines: list[dict[str, Any]], sandbox: RunningSandbox) -> list[dict[str, Any]]:
    """The rows with the ports of this sandbox in place of those of that time."""
    text = json.dumps(lines)
    for old, handle in ((SHOP_PORT, sandbox.epages), (BOOKS_PORT, sandbox.lexware)):
        port = handle.base_url.rpartition(":")[2].partition("/")[0]
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{port}").replace(
            f"localhost:{old}", f"localhost:{port}"
        )
    moved: list[dict[str, Any]] = json.loads(text)
    return moved


async def _booked(db: Database) -> dict[Any, str]:
    query = select(OutcomeRow.document_id, OutcomeRow.voucher_id).where(OutcomeRow.voucher_id.is_not(None))
    async with db.reading.of_all_tenants() as session:
        return {row.document_id: str(row.voucher_id) for row in await session.execute(query)}


def _services(db: Database, network: Network, sandbox: RunningSandbox) -> list[ServiceApp]:
    transport = LocalTransport(db, accept)
    shared: dict[str, Any] = {"database": DatabaseSettings(url="unused"), "encryption_keys": (KEY,)}
    books = LexwareSettings(api_url=sandbox.lexware.base_url, rate_limit_enabled=False)
    return [
        ingest.app.build(
            ingest.app.Settings(**shared, hosts=HOSTS, overlap_seconds=30), db, transport, network
        ),
        invoice_writer.app.build(
            invoice_writer.app.Settings(**shared, lexware=books), db, transport, network
        ),
        transit_writer.app.build(transit_writer.app.Settings(database=shared["database"]), db, transport),
        ServiceApp("transport", [transport]),
    ]


async def test_what_was_booked_stays_booked_once_and_new_sales_are_booked_once(upgraded: Upgraded) -> None:
    before = {voucher["id"] for voucher in await upgraded.vouchers()}
    number = await upgraded.sell()

    async def is_settled() -> bool:
        rows = await upgraded.outcomes()
        arrived = [row for row in rows if row.number == number]
        return len(arrived) == 3 and all(row.status != "waiting" for row in arrived)

    await eventually(is_settled, within=SETTLE_SECONDS, what="the new invoice through each connection")
    rows = await upgraded.outcomes()
    still = {row.document_id: row.voucher_id for row in rows if row.document_id in upgraded.booked_before}
    assert still == upgraded.booked_before
    vouchers = await upgraded.vouchers()
    assert before <= {voucher["id"] for voucher in vouchers}
    assert [voucher["voucherNumber"] for voucher in vouchers].count(number) == 1
    statuses = sorted((row.status, row.reason) for row in rows if row.number == number)
    assert [status for status, _ in statuses] == ["booked", "parked", "parked"]
    assert {reason for status, reason in statuses if status == "parked"} == {"same_document_elsewhere"}
