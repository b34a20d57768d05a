"""Fresh documents beside thousands that a release woke, at the limits a connection has by default."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4

from sqlalchemy import func, insert, select

from bench.documents import invoices
from bench.figures import Spread, milliseconds, table
from bench.merchants import Merchant, add_merchants, nobodys_shop
from bench.report import Section, say
from bench.world import World, running_world
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models import base
from common.db.models.books import OutcomeRow
from common.domain.reasons import DocumentReason
from common.events.base import Event
from common.events.commands import ReleaseParked
from common.events.documents import DocumentIssued
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.settings import LexwareSettings
from common.transport.base import Incoming

RELEASED, QUICK_RELEASED = 20_000, 2_000
FRESH, QUICK_FRESH = 24, 6
EVERY_SECONDS = 5.0
LIMIT_SECONDS = 300
LOOK_SECONDS = 0.25
BESIDE, CALM = "B-", "C-"


async def measure(*, quick: bool) -> Section:
    """Two merchants get the same fresh documents; of one all that was parked is released before."""
    released, fresh = (QUICK_RELEASED, QUICK_FRESH) if quick else (RELEASED, FRESH)
    async with running_world() as world:
        shops = [nobodys_shop(1), nobodys_shop(2)]
        waking, calm = await add_merchants(world.db, world.key, world.lexware, shops)
        await _park(world.db, await invoices(world.db, [waking], released, "W-", with_file=False))
        with world.services("invoice_writer"):
            await _receive(world.db, _release(waking))
            await _first_booked(world.db)
            beside = await _send(world, waking, BESIDE, fresh)
            alone = await _send(world, calm, CALM, fresh)
            rows = [await _row(world, *one) for one in ((BESIDE, beside), (CALM, alone))]
        return Section("released", _body(released, rows), world.sources)


async def _park(db: Database, events: Sequence[DocumentIssued]) -> None:
    """The documents are parked for a cause that is gone."""
    rows = [
        {
            "document_id": event.document_id,
            "tenant_id": event.tenant_id,
            "connection_id": event.connection_id,
            "order_id": event.order_id,
            "type": event.document_type.value,
            "number": event.number,
            "issued_on": event.document.issued_on,
            "status": "parked",
            "reason": DocumentReason.TRANSFER_PAUSED.value,
            "file_status": "pending",
            "event": event.model_dump_json().encode(),
            "event_type": event.type,
        }
        for event in events
    ]
    parking = insert(base.table(OutcomeRow)).values(first_seen_at=db_now(), changed_at=db_now(), revision=1)
    async with db.sessions.of_all_tenants() as session:
        await session.execute(parking, rows)


def _release(merchant: Merchant) -> ReleaseParked:
    return ReleaseParked(
        tenant_id=merchant.tenant_id,
        connection_id=merchant.books_id,
        command_id=uuid4(),
        released_by="settings",
        settings=("mode",),
    )


async def _receive(db: Database, event: Event) -> None:
    async with db.sessions.of_all_tenants() as session:
        await accept(session, INVOICE_WRITER, [Incoming.of(event)])


async def _first_booked(db: Database) -> None:
    """The release is under way."""
    query = select(func.count()).where(OutcomeRow.status == "booked")
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            async with db.reading.of_all_tenants() as session:
                if await session.scalar(query):
                    return
            await asyncio.sleep(LOOK_SECONDS)


async def _send(world: World, merchant: Merchant, prefix: str, count: int) -> Mapping[str, float]:
    """Fresh documents, one every few seconds; when each came into the inbox."""
    sent = {}
    for event in await invoices(world.db, [merchant], count, prefix, with_file=False):
        await _receive(world.db, event)
        sent[event.number] = time.time()
        await asyncio.sleep(EVERY_SECONDS)
    return sent


async def _row(world: World, prefix: str, sent: Mapping[str, float]) -> list[str]:
    deadline = time.monotonic() + LIMIT_SECONDS
    booked = await world.lexware.created(prefix)
    while len(booked) < len(sent) and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        booked = await world.lexware.created(prefix)
    if len(booked) < len(sent):
        say(f"{len(sent) - len(booked)} fresh documents were not booked within {LIMIT_SECONDS} s")
    spread = Spread.of([moment - sent[number] for number, moment in booked.items()])
    times = (spread.p50, spread.p95, spread.longest)
    return [f"{spread.count} of {len(sent)}", *(milliseconds(value) for value in times)]


def _body(released: int, rows: Sequence[Sequence[str]]) -> str:
    limits = LexwareSettings()
    names = (f"beside {released} released ones", "alone")
    named = [[name, *row] for name, row in zip(names, rows, strict=True)]
    note = (
        f"From the inbox to the creation of the voucher, one fresh document every {EVERY_SECONDS:.0f} s,"
        f" without files, at {limits.rate_per_second}/s with a burst of {limits.burst}. Released ones go in"
        " portions behind fresh ones and use what these leave."
    )
    return f"{table(['fresh documents', 'booked', 'p50', 'p95', 'longest'], named)}\n\n{note}"
