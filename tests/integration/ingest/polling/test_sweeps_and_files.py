"""The safety nets find what polling could not, within their share of calls; absent files are asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from common.db.models.core import SecretRow
from common.db.models.ingest import DocumentRow, OrderRow
from common.db.secrets import Secrets, new_key
from common.events.documents import DocumentFileMissed, DocumentFileStored, InvoiceIssued
from common.events.orders import OrderChanged
from common.shops.epages.wire import Order
from ingest.orders import OrderReader
from ingest.orders.document_records import Saved
from ingest.polling.state import FREE_CALLS
from integration.ingest.harness import DOCUMENTS, LIST, Ingest

DAY = timedelta(days=1)


async def test_the_nightly_sweep_finds_an_order_that_polling_missed(ingest: Ingest) -> None:
    connection = await ingest.connect()
    settings = ingest.settings(overlap_seconds=0)
    await ingest.poll(settings)
    await ingest.sell(order={"at": stamp_ago(hours=30)}, at=stamp_ago(hours=29))
    await ingest.poll(settings)
    assert await ingest.documents() == {}
    await ingest.change_cursor(connection, last_nightly_at=datetime.now(UTC) - 2 * DAY)
    await ingest.poll(settings)
    assert set(await ingest.documents()) == await ingest.shop_documents() != set()
    row = await ingest.cursor(connection)
    assert row.last_nightly_at is not None
    assert (row.sweep, datetime.now(UTC) - row.last_nightly_at < DAY) == (None, True)
    await ingest.forget_requests()
    await ingest.poll(settings)
    assert await ingest.requests() == {LIST: 1}


async def test_the_nightly_sweep_notices_a_change_that_moved_no_stamp(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.sell()
    await ingest.poll()
    (row,) = await ingest.rows(OrderRow)
    async with ingest.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(OrderRow).values(
                snapshot=row.snapshot | {"paid_at": None, "closed_at": "2025-01-01T00:00:00Z"}
            )
        )
    await ingest.change_cursor(connection, last_nightly_at=datetime.now(UTC) - 2 * DAY)
    await ingest.poll()
    assert len(await ingest.events(OrderChanged)) == 1


async def test_the_weekly_sweep_finds_a_document_that_moved_no_stamp(ingest: Ingest) -> None:
    connection = await ingest.connect()
    settings = ingest.settings(overlap_seconds=0)
    await ingest.poll(settings)
    await ingest.sell(order={"at": stamp_ago(days=60)}, at=stamp_ago(days=59))
    await ingest.sell(order={"at": stamp_ago(days=120)}, at=stamp_ago(days=119))
    bare = await ingest.do("orders", at=stamp_ago(days=50), payment="Vorkasse")
    assert bare["dates"] == {}
    await ingest.change_cursor(connection, last_weekly_at=datetime.now(UTC) - 8 * DAY)
    await ingest.forget_requests()
    await ingest.poll(settings)
    assert len(await ingest.documents()) == 1
    assert (await ingest.requests())[DOCUMENTS] == 2
    row = await ingest.cursor(connection)
    assert row.last_weekly_at is not None
    assert datetime.now(UTC) - row.last_weekly_at < DAY


async def test_a_sweep_passes_by_an_order_that_cannot_be_taken_over(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await ingest.connect()
    settings = ingest.settings(overlap_seconds=0)
    await ingest.poll(settings)
    days = (40, 50, 60)
    sold = [await ingest.sell(order={"at": stamp_ago(days=ago + 1)}, at=stamp_ago(days=ago)) for ago in days]
    honest, poison = OrderReader.import_order, sold[1]["order_id"]

    async def poisoned(self: OrderReader, order: Order, **how: Any) -> Saved | None:
        if order.order_id == poison:
            raise LookupError
        return await honest(self, order, **how)

    monkeypatch.setattr(OrderReader, "import_order", poisoned)
    await ingest.change_cursor(connection, last_weekly_at=datetime.now(UTC) - 8 * DAY)
    await ingest.poll(settings)
    row = await ingest.cursor(connection)
    assert (row.sweep, row.failures, len(await ingest.documents())) == (None, 0, 2)


async def test_a_sweep_spends_its_share_of_calls_and_goes_on_where_it_stopped(ingest: Ingest) -> None:
    connection = await ingest.connect()
    settings = ingest.settings(poll={"sweep_calls_per_hour": 100}, overlap_seconds=0)
    await ingest.poll(settings)
    bulk = {"shops": ["A"], "count": 30, "at": stamp_ago(days=3)}
    await ingest.epages.control.post("bulk/documents", bulk)
    await ingest.change_cursor(connection, last_weekly_at=datetime.now(UTC) - 8 * DAY)
    await ingest.forget_requests()
    await ingest.poll(settings)
    spent = sum((await ingest.requests()).values()) - 1
    assert spent == FREE_CALLS + 1  # the list and ten orders, each with two calls
    row = await ingest.cursor(connection)
    assert (row.sweep, row.sweep_calls) == ("weekly", spent)
    await ingest.forget_requests()
    await ingest.poll(settings)
    assert await ingest.requests() == {LIST: 1}
    assert row.sweep_started_at is not None
    await ingest.change_cursor(connection, sweep_started_at=row.sweep_started_at - timedelta(hours=1))
    await ingest.poll(settings)
    assert set(await ingest.documents()) == await ingest.shop_documents()
    assert (await ingest.cursor(connection)).sweep is None


async def test_a_late_file_is_asked_for_until_it_comes(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(pdf="missing")
    await ingest.poll()
    asker = ingest.file_asker()
    assert await asker.run_once() == 0
    await files_due(ingest)
    assert await asker.run_once() == 1
    assert await asker.run_once() == 0
    assert await ingest.events(DocumentFileStored, DocumentFileMissed) == []
    await ingest.do("documents/change", number=sold["document"]["number"], pdf="ok")
    await files_due(ingest)
    await ingest.forget_requests()
    assert await asker.run_once() == 1
    assert await ingest.requests() == {DOCUMENTS: 1}
    (stored,) = await ingest.events(DocumentFileStored)
    assert (await ingest.original(stored.pdf.sha256)).startswith(b"%PDF")
    row = (await ingest.documents())["invoice", stored.number]
    assert (row.file_state, row.file_due_at, row.pdf_sha256) == ("stored", None, stored.pdf.sha256)


async def test_a_file_that_never_came_counts_as_missing_after_a_day(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(pdf="missing")
    await ingest.poll()
    await files_due(ingest, age=timedelta(hours=25))
    await ingest.file_asker().run_once()
    (missed,) = await ingest.events(DocumentFileMissed)
    row = (await ingest.documents())["invoice", missed.number]
    assert (row.file_state, row.file_due_at) == ("missing", None)


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(seconds=10), timedelta(seconds=60)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(hours=5), timedelta(hours=1)),
        (timedelta(hours=23, minutes=50), timedelta(minutes=10)),
    ],
)
async def test_a_file_is_asked_for_at_growing_distances(
    ingest: Ingest, age: timedelta, wait: timedelta
) -> None:
    await ingest.connect()
    await ingest.sell(pdf="missing")
    await ingest.poll()
    await files_due(ingest, age=age)
    await ingest.file_asker().run_once()
    (row,) = (await ingest.documents()).values()
    assert row.file_due_at is not None
    assert abs(row.file_due_at - datetime.now(UTC) - wait) < timedelta(seconds=15)


async def test_a_shop_in_trouble_is_asked_for_the_file_again(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(pdf="missing")
    await ingest.poll()
    await files_due(ingest)
    await ingest.epages.control.fault("GET", "/rs/shops/{shop_id}/orders/{order_id}/documents", "unavailable")
    await ingest.file_asker().run_once()
    (row,) = (await ingest.documents()).values()
    assert row.file_state == "pending"
    assert row.file_due_at is not None


async def test_a_shop_that_cannot_be_asked_has_not_said_that_there_is_no_file(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(pdf="missing")
    await ingest.poll()
    await files_due(ingest, age=timedelta(hours=25))
    await ingest.epages.control.fault("GET", "/rs/shops/{shop_id}/orders/{order_id}/documents", "unavailable")
    await ingest.file_asker().run_once()
    (row,) = (await ingest.documents()).values()
    assert (row.file_state, await ingest.events(DocumentFileMissed)) == ("pending", [])
    assert row.file_due_at is not None
    assert row.file_due_at - datetime.now(UTC) > timedelta(minutes=59)
    await files_due(ingest, age=timedelta(hours=26))
    await ingest.file_asker().run_once()
    assert len(await ingest.events(DocumentFileMissed)) == 1


async def test_a_shop_whose_token_cannot_be_opened_keeps_no_other_shop_from_its_files(
    ingest: Ingest,
) -> None:
    for name in "AB":
        connection = await ingest.connect(name)
        await ingest.sell(name, pdf="missing")
    await ingest.poll()
    await files_due(ingest)
    await ingest.forget_requests()
    strange = Secrets([SecretStr(new_key())]).of(uuid4(), uuid4()).seal("access_token", SecretStr("token"))
    async with ingest.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(SecretRow)
            .where(SecretRow.connection_id == connection.connection_id)
            .values(sealed=strange)
        )
    assert await ingest.file_asker().run_once() == 2
    assert await ingest.requests() == {DOCUMENTS: 1}


async def test_one_call_brings_the_files_of_all_documents_of_an_order(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(pdf="missing")
    await ingest.do("orders/credit", order=sold["order_id"], pdf="missing")
    await ingest.poll()
    await files_due(ingest)
    await ingest.forget_requests()
    assert await ingest.file_asker().run_once() == 2
    assert await ingest.requests() == {DOCUMENTS: 1}


async def test_files_lost_on_the_second_call_are_asked_for_later(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell()
    path = "/rs/shops/{shop_id}/orders/{order_id}/documents"
    await ingest.epages.control.fault("GET", path, "missing_pdf")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.pdf is None
    await files_due(ingest)
    await ingest.file_asker().run_once()
    assert len(await ingest.events(DocumentFileStored)) == 1


async def files_due(ingest: Ingest, age: timedelta = timedelta(seconds=5)) -> None:
    """Every file is due, and its document so old."""
    now = datetime.now(UTC)
    async with ingest.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(DocumentRow)
            .where(DocumentRow.file_state == "pending")
            .values(file_due_at=now - timedelta(seconds=2), created_at=now - age)
        )


def stamp_ago(**ago: float) -> str:
    """A moment in the past as the control API takes it."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()
