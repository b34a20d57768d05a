"""The voucherlist is read by one process at a time, goes on where it was, and holds up nobody else."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from common.db.dialect import db_now
from common.db.models.books import VoucherIndexRow, VoucherIndexStateRow
from common.domain.ids import BooksConnectionId
from common.domain.stored_words import ConnectionState
from common.events.base import Event
from common.http.errors import RateLimitWait
from common.inbox.accept import accept
from common.inbox.worker import Worker
from common.lexware.profile import ProfileApi
from common.lexware.rows import Page
from common.lexware.voucherlist import PAGE_SIZE, VoucherFilter, VoucherList
from common.lexware.wire import VoucherListRow
from common.settings import WorkerSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport
from factories.documents import make_invoice, make_order
from integration.invoice_writer.contacts.processes import Process
from integration.invoice_writer.harness import Writer
from invoice_writer.app import build
from invoice_writer.context import BooksConnection
from invoice_writer.vouchers import VoucherIndex
from invoice_writer.vouchers.index import BEING_READ
from support.eventually import eventually

SINCE = date(2025, 1, 1)
LIST = "GET /v1/voucherlist"


async def many(writer: Writer, count: int, day: str = "2025-03-04") -> None:
    """So many vouchers of a predecessor on one day."""
    order = {"voucherNumber": f"P-{day}-{{}}", "voucherDate": day, "totalGrossAmount": "11.90"}
    whose = {"organization_id": writer.organization["organization_id"]}
    await writer.lexware.control.post("vouchers", {**whose, **order, "count": count})
    await asyncio.sleep(0.2)


async def refreshed(writer: Writer) -> Any:
    """What a new process answers who wants a fresh index."""
    books = BooksConnection(
        BooksConnectionId(writer.books_id),
        writer.organization["organization_id"],
        ConnectionState.ACTIVE,
        SINCE,
    )
    process = Process(writer, writer.db)
    index = VoucherIndex(writer.db, process.readings)
    return await index.ensure_fresh(writer.tenant_id, books, await process.client(), SINCE)


async def indexed(writer: Writer) -> int:
    """How many vouchers the index holds."""
    async with writer.db.reading.of_all_tenants() as session:
        return await session.scalar(select(func.count()).select_from(VoucherIndexRow)) or 0


def two_hands(writer: Writer) -> Worker:
    """The worker of a process that can handle two messages at once."""
    hands = WorkerSettings(concurrency=2, idle_poll_seconds=0.05)
    settings = writer.settings().model_copy(update={"worker": hands})
    app = build(settings, writer.db, LocalTransport(writer.db, accept), writer.network)
    return next(part for part in app.components if isinstance(part, Worker))


async def receive(writer: Writer, *events: Event) -> None:
    """The events are in the writer's inbox."""
    async with writer.db.sessions.of_all_tenants() as session:
        await accept(session, "invoice-writer", [Incoming.of(event) for event in events])


async def set_state(writer: Writer, **values: Any) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(VoucherIndexStateRow).values(**values))


async def test_an_interrupted_reading_goes_on_where_it_was(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(writer, 2 * PAGE_SIZE + 1)
    honest, asked = VoucherList.page, list[int]()

    async def shown(self: VoucherList, part: VoucherFilter, number: int = 0) -> Page[VoucherListRow]:
        asked.append(number)
        if asked.count(number) == 1 and number:
            raise RateLimitWait("no slot")
        return await honest(self, part, number)

    monkeypatch.setattr(VoucherList, "page", shown)
    for _ in range(2):
        with pytest.raises(RateLimitWait):
            await refreshed(writer)
    assert await refreshed(writer) is None
    whole, dated, undated = [0], [0, 1, 1, 2, 2], [0]
    assert (asked, await indexed(writer)) == ([*whole, *dated, *undated], 2 * PAGE_SIZE + 1)
    await writer.work(await writer.event(make_invoice(number="R-1")))
    assert len(asked) == 7


async def test_one_process_at_a_time_reads_and_the_others_come_back(writer: Writer) -> None:
    assert await refreshed(writer) is None
    await set_state(writer, refreshed_at=db_now(-3600.0), claimed_until=db_now(60.0))
    before = (await writer.requests())[LIST]
    assert await refreshed(writer) == BEING_READ
    assert (await writer.requests())[LIST] == before
    await set_state(writer, claimed_until=db_now(-1.0))
    assert await refreshed(writer) is None
    assert (await writer.requests())[LIST] == before + 1


async def test_who_ends_while_reading_keeps_the_others_out_for_seconds_only(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = asyncio.Event()

    async def never_answered(*_: Any, **__: Any) -> None:
        reads.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(VoucherList, "page", never_answered)
    reading = asyncio.create_task(refreshed(writer))
    await reads.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    async with writer.db.reading.of_all_tenants() as session:
        state = (await session.execute(select(VoucherIndexStateRow.claimed_until, db_now()))).one()
    assert state[0] - state[1] <= timedelta(seconds=10)


@pytest.mark.parametrize(("resource", "method"), [(VoucherList, "page"), (ProfileApi, "read")])
async def test_while_the_books_of_one_merchant_are_read_another_merchants_documents_are_booked(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, resource: type[Any], method: str
) -> None:
    other = replace(writer, shop_id=uuid4())
    await other.set_up()
    honest, begun, may_go_on = getattr(resource, method), asyncio.Event(), asyncio.Event()

    async def slow_once(*asked: Any, **more: Any) -> Any:
        if not begun.is_set():
            begun.set()
            await may_go_on.wait()
        return await honest(*asked, **more)

    monkeypatch.setattr(resource, method, slow_once)
    slow = [make_invoice(number=f"R-{number}") for number in range(6)]
    stop, worker = asyncio.Event(), two_hands(writer)
    events = [await writer.event(invoice, make_order(order_id=invoice.number)) for invoice in slow]
    await receive(writer, *events)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        await begun.wait()
        quick = make_invoice(number="Q-1")
        await receive(writer, await other.event(quick))
        await eventually(lambda: other.is_booked(quick), what="the other merchant's document")
        may_go_on.set()
        for invoice in slow:
            await eventually(partial(writer.is_booked, invoice), what=invoice.number)
        stop.set()


async def test_who_lost_the_reading_keeps_no_page_and_comes_back(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process took over while a page was under way: its place in the list is the one that counts."""
    await many(writer, 3)
    honest, taken = VoucherList.page, uuid4()

    async def overtaken(self: VoucherList, part: VoucherFilter, number: int = 0) -> Page[VoucherListRow]:
        page = await honest(self, part, number)
        await set_state(writer, lease_token=taken, claimed_until=db_now(60.0))
        return page

    monkeypatch.setattr(VoucherList, "page", overtaken)
    assert await refreshed(writer) == BEING_READ
    async with writer.db.reading.of_all_tenants() as session:
        state = (await session.execute(select(VoucherIndexStateRow))).scalar_one()
    assert (state.lease_token, state.refreshed_at, state.plan, await indexed(writer)) == (
        taken,
        None,
        None,
        0,
    )


async def test_a_claim_by_the_release_before_keeps_others_out_as_well(writer: Writer) -> None:
    """It knows no tokens: the time alone says that it reads."""
    assert await refreshed(writer) is None
    await set_state(writer, refreshed_at=db_now(-3600.0), claimed_until=db_now(60.0), lease_token=None)
    assert await refreshed(writer) == BEING_READ
