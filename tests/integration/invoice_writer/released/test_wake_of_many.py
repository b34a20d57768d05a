"""Thousands of released documents beside fresh ones: the fresh go first, and a minute's worth is in line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from common.db.models.books import OutcomeRow
from common.db.models.line import InboxRow
from common.domain.documents import Document
from common.events.base import Event
from common.events.commands import RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.settings import LexwareSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport
from factories.documents import make_invoice, make_order
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.releases import in_order, park_many, release, waiting_marks
from invoice_writer.app import build
from support.eventually import eventually
from support.services import running_services

MANY = {"postgresql": 20_000, "sqlite": 2_000}
RATE = 2.0  # requests a second; each of these documents needs one
IN_A_MINUTE = 120
FRESH = 5
OVERTAKING = (
    12  # released ones at most that are booked while a fresh one waits: what was on its way, and a share
)
FIRST = 4  # so many released ones are booked before anything is measured


@dataclass
class Watched:
    """What was seen while the release went on."""

    most_in_line: int = 0
    overtaken_by: list[int] = field(default_factory=list)


@asynccontextmanager
async def at_work(writer: Writer) -> AsyncIterator[None]:
    """The whole writer, at the rate it is allowed."""
    limited = LexwareSettings(
        api_url=writer.lexware.base_url, rate_per_second=RATE, burst=1, partner_rate_per_second=None
    )
    settings = writer.settings().model_copy(update={"lexware": limited})
    app = build(settings, writer.db, LocalTransport(writer.db, accept), writer.network)
    async with running_services(app):
        yield


async def receive(writer: Writer, *events: Event) -> None:
    """The events are in the inbox."""
    async with writer.db.sessions.of_all_tenants() as session:
        await accept(session, INVOICE_WRITER, [Incoming.of(event) for event in events])


async def booked(writer: Writer, oldest: int | None = None) -> int:
    """How many of the released documents are booked, maybe only of the oldest."""
    query = select(func.count()).where(
        OutcomeRow.tenant_id == writer.tenant_id,
        OutcomeRow.status == "booked",
        OutcomeRow.number.startswith("W-"),
    )
    if oldest is not None:
        query = query.where(OutcomeRow.number <= in_order(oldest)[-1])
    async with writer.db.reading.of_all_tenants() as session:
        return await session.scalar(query) or 0


async def in_line(writer: Writer) -> int:
    """How many released documents are in line and not decided yet."""
    query = select(func.count()).where(
        InboxRow.consumer == INVOICE_WRITER, InboxRow.type == RetryDocument.type, InboxRow.done_at.is_(None)
    )
    async with writer.db.reading.of_all_tenants() as session:
        return await session.scalar(query) or 0


async def watch_the_line(writer: Writer, seen: Watched) -> None:
    """Look at the line again and again."""
    while True:
        seen.most_in_line = max(seen.most_in_line, await in_line(writer))
        await asyncio.sleep(0.2)


async def measure_fresh(writer: Writer, seen: Watched) -> list[Document]:
    """Fresh documents, one after the other, and how many released ones went before each."""
    invoices = [make_invoice(number=f"R-{place}") for place in range(FRESH)]
    for invoice in invoices:
        order = make_order(order_id=f"G-{invoice.number}", order_number=f"G-{invoice.number}")
        before = await booked(writer)
        await receive(writer, await writer.event(invoice, order, pdf=None))
        await eventually(lambda fresh=invoice: writer.is_booked(fresh), within=60)  # type: ignore[misc]
        seen.overtaken_by.append(await booked(writer) - before)
    return invoices


@pytest.mark.timeout(300)
async def test_fresh_documents_are_booked_before_thousands_that_wake(writer: Writer) -> None:
    count, seen = MANY[writer.db.engine.dialect.name], Watched()
    await park_many(writer, count)
    async with at_work(writer), asyncio.TaskGroup() as group:
        watching = group.create_task(watch_the_line(writer, seen))
        await receive(writer, release(writer, released_by="settings", settings=("mode",)))

        async def is_under_way() -> bool:
            return await booked(writer) >= FIRST and await waiting_marks(writer) >= count - IN_A_MINUTE

        await eventually(is_under_way, within=120)
        fresh = await measure_fresh(writer, seen)
        left = await waiting_marks(writer)
        watching.cancel()
    done = await booked(writer)
    assert {(await writer.outcome(invoice)).status for invoice in fresh} == {"booked"}
    assert max(seen.overtaken_by) <= OVERTAKING, seen
    assert done < IN_A_MINUTE, "the release was over, and nothing was measured"
    assert await booked(writer, IN_A_MINUTE) == done, "not the oldest ones first"
    assert 0 < seen.most_in_line <= IN_A_MINUTE
    assert left >= count - IN_A_MINUTE
