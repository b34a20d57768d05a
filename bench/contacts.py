"""What the customer's own contact costs: calls per document, and one contact for each of many customers."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from bench.documents import invoices, publish
from bench.figures import table
from bench.merchants import Merchant, add_merchants, nobodys_shop
from bench.report import Section, say
from bench.simulators import FILE, VOUCHER
from bench.throughput import WITHOUT_LIMIT
from bench.world import World, running_world

CONTACT, SEARCH = "POST /v1/contacts", "GET /v1/contacts"
ECONOMY, QUICK_ECONOMY = 500, 100
CROWD, QUICK_CROWD = 10_000, 1000
RETURNING = 5  # documents for each customer: four of five return
BEYOND, PAGES_BEYOND = 10_050, 40
WRITERS = 2
LIMIT_SECONDS = 900
LOOK_SECONDS = 0.5
COMMAND = ["invoice_writer", "run"]


@dataclass(frozen=True, slots=True)
class Calls:
    """What so many documents cost, and how many contacts there are afterwards."""

    documents: int
    calls: Mapping[str, int]
    contacts: int
    seconds: float = 0.0

    def of(self, call: str) -> int:
        """How often this was asked."""
        return self.calls.get(call, 0)

    def row(self, name: str, pages: int) -> list[str]:
        """The calls per document without the pages of the index."""
        searches = self.of(SEARCH) - pages
        direct = self.of(VOUCHER) + self.of(FILE) + self.of(CONTACT) + searches
        each = (self.of(VOUCHER), self.of(FILE), self.of(CONTACT), searches)
        return [name, *(f"{calls / self.documents:.2f}" for calls in (*each, direct)), str(pages)]


async def measure(*, quick: bool) -> Section:
    """Both states of the index, then a crowd at once."""
    count = QUICK_ECONOMY if quick else ECONOMY
    async with running_world() as world:
        await world.lexware.without_limits()
        complete = await _economy(world, count, 0)
        beyond = await _economy(world, count, BEYOND)
        crowd = await _crowd(world, QUICK_CROWD if quick else CROWD)
        rows = [
            complete.row("index complete", 1),
            beyond.row(f"{BEYOND} contacts before, beyond the index", PAGES_BEYOND),
        ]
        return Section("contacts", _body(count, rows, crowd), world.sources)


async def _economy(world: World, count: int, before: int) -> Calls:
    (merchant,) = await add_merchants(
        world.db, world.key, world.lexware, [nobodys_shop(before)], contacts="single"
    )
    if before:
        order = {"organization_id": merchant.organization["organization_id"], "count": before}
        await world.lexware.post("contacts", **order, person={"lastName": "Kundin {}"})
    return await _written(world, merchant, count, f"E{before}-", 1, with_file=True)


async def _crowd(world: World, count: int) -> Calls:
    (merchant,) = await add_merchants(
        world.db, world.key, world.lexware, [nobodys_shop(1)], contacts="single"
    )
    return await _written(world, merchant, count, "C-", WRITERS, with_file=False)


async def _written(
    world: World, merchant: Merchant, count: int, prefix: str, writers: int, *, with_file: bool
) -> Calls:
    """Preload the topic and let so many writers make all of it vouchers."""
    events = await invoices(
        world.db, [merchant], count, prefix, with_file=with_file, customers=count // RETURNING
    )
    await publish(world.kafka_settings, world.db, events)
    last = FILE if with_file else VOUCHER
    before = await world.lexware.requests()
    started = time.monotonic()
    with ExitStack() as stack:
        for _ in range(writers):
            stack.enter_context(world.service_as("invoice_writer", COMMAND, **WITHOUT_LIMIT))
        async with asyncio.timeout(LIMIT_SECONDS):
            while (await world.lexware.requests()).get(last, 0) - before.get(last, 0) < count:
                await asyncio.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - started
    after = await world.lexware.requests()
    there = await world.lexware.state("contacts", organization_id=merchant.organization["organization_id"])
    say(f"contacts, {prefix}: {count} documents in {seconds:.0f} s, {len(there['contacts'])} contacts")
    spent = {call: calls - before.get(call, 0) for call, calls in after.items()}
    return Calls(count, spent, len(there["contacts"]), seconds)


def _body(count: int, rows: list[list[str]], crowd: Calls) -> str:
    names = ["per document", "voucher", "file", "contact", "search", "together", "pages of the index"]
    customers = crowd.documents // RETURNING
    note = (
        f"{count} documents of {count // RETURNING} customers, all new to the writer: four of five documents"
        " are of a customer who returns. Pages are read once and do not grow with the documents. Targets: 2.3"
        f" with a complete index, 2.5 without.\n\n{crowd.documents} orders of {customers} customers at once,"
        f" {WRITERS} writers, no rate limit: {crowd.contacts} contacts and {crowd.of(VOUCHER)} vouchers in"
        f" {crowd.seconds:.0f} s, {crowd.of(CONTACT)} requests to make contacts, {crowd.of(SEARCH)} to read."
    )
    return f"{table(names, rows)}\n\n{note}"
