"""Calls per document and per idle poll, counted by the simulators."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from bench.figures import table
from bench.merchants import add_merchants
from bench.report import Section
from bench.simulators import FILE, VOUCHER
from bench.throughput import WITHOUT_LIMIT
from bench.world import World, running_world

DOCUMENTS, QUICK_DOCUMENTS = 100, 20
IDLE_POLLS = 5
LIMIT_SECONDS = 180
LOOK_SECONDS = 0.2
SETTLE_SECONDS = 1.5  # longer than one poll interval
ORDERS = "GET /rs/shops/{shop_id}/orders"


async def measure(*, quick: bool) -> Section:
    """One shop issues documents that go through ingest and writer; then the shop is idle."""
    count = QUICK_DOCUMENTS if quick else DOCUMENTS
    async with running_world() as world:
        await world.lexware.without_limits()
        shop = await world.epages.post("shops", shop_id="Bench")
        await add_merchants(world.db, world.key, world.lexware, [shop], poll_interval_seconds=1)
        with world.services("ingest", "invoice_writer", **WITHOUT_LIMIT, OVERLAP_SECONDS="0"):
            await _first_poll(world)
            await world.epages.post("bulk/documents", shops=["Bench"], count=count)
            await _until(world, FILE, count)
            await asyncio.sleep(SETTLE_SECONDS)
            books = await world.lexware.requests()
            polls = await _idle_polls(world)
        return Section("requests", _body(count, books, polls), world.sources)


async def _first_poll(world: World) -> None:
    """The shop was polled, so that everything later is new."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while not (await world.epages.requests()).get(ORDERS):
            await asyncio.sleep(LOOK_SECONDS)


async def _until(world: World, call: str, count: int) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while (await world.lexware.requests()).get(call, 0) < count:
            await asyncio.sleep(LOOK_SECONDS)


async def _idle_polls(world: World) -> Counter[str]:
    """What the shop was asked during some polls in which nothing was new."""
    before = await world.epages.requests()
    after = before
    async with asyncio.timeout(LIMIT_SECONDS):
        while after.get(ORDERS, 0) - before.get(ORDERS, 0) < IDLE_POLLS:
            await asyncio.sleep(LOOK_SECONDS)
            after = await world.epages.requests()
    return Counter(after) - Counter(before)


def _body(count: int, books: Mapping[str, int], polls: Mapping[str, int]) -> str:
    rows = [
        [f"`{call}`", str(calls), f"{calls / count:.2f}"]
        for call, calls in sorted(books.items(), key=lambda item: -item[1])
    ]
    direct = (books.get(VOUCHER, 0) + books.get(FILE, 0)) / count
    bulk = (sum(books.values()) - books.get(VOUCHER, 0) - books.get(FILE, 0)) / count
    idle = sum(polls.values()) / polls[ORDERS]
    note = (
        f"{count} documents of one new connection: {direct:.2f} calls per document for voucher and file"
        f" (target: 2), and {bulk:.2f} for bulk reads, which do not grow with the documents. An idle poll"
        f" of the shop costs {idle:.2f} ePages calls over {polls[ORDERS]} polls (target: 1)."
    )
    return f"{table(['Lexware call', 'calls', 'per document'], rows)}\n\n{note}"
