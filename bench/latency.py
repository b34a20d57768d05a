"""From a shop's webhook to the voucher in the books, in the cluster profile under a steady load."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from bench.figures import Spread, milliseconds, table
from bench.merchants import Merchant, add_merchants
from bench.report import Section, say
from bench.throughput import WITHOUT_LIMIT
from bench.world import World, running_world
from tools.cluster import SERVICES, Process

CONNECTIONS, RATE, SECONDS, QUICK_SECONDS = 200, 5, 60, 15
LIMIT_SECONDS = 180
LOOK_SECONDS = 0.5
POLL_SECONDS = 300
ORDERS = "GET /rs/shops/{shop_id}/orders"
PREFIX = "R-"
TARGETS = "p50 below 1 s, p99 below 3 s"

Sent = dict[str, float]


async def measure(*, quick: bool) -> Section:
    """Four services; documents are finalised at a steady rate, each in the next shop in turn."""
    count = RATE * (QUICK_SECONDS if quick else SECONDS)
    async with running_world() as world:
        await world.lexware.without_limits()
        options = {"webhook_on_finalise": True, "invoice_prefix": PREFIX}
        shops = await world.epages.post("bulk/shops", count=CONNECTIONS, prefix="Bench", **options)
        merchants = await add_merchants(
            world.db, world.key, world.lexware, shops["shops"], poll_interval_seconds=POLL_SECONDS
        )
        with world.services(*SERVICES, **WITHOUT_LIMIT) as parts:
            await _register(merchants, parts["ingest"])
            await _polled(world)
            orders = await _orders(world, merchants, count)
            sent = await _finalise(world, orders)
            booked = await _booked(world, count)
        return Section("latency", _body(sent, booked), world.sources)


async def _register(merchants: Sequence[Merchant], ingest: Process) -> None:
    """Every shop sends its webhooks to the port of ingest."""
    door = ingest.ready_url.removesuffix("/readyz")
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        for one in merchants:
            answer = await http.post(
                f"{one.shop['base_url']}/webhooks",
                json={"eventType": "ORDER_UPDATE", "callbackUrl": f"{door}/webhooks/epages/{one.shop_id}"},
                headers={"Authorization": f"Bearer {one.shop['access_token']}"},
            )
            answer.raise_for_status()


async def _polled(world: World) -> None:
    """Every shop was polled once; the next polls come in five minutes."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while (await world.epages.requests()).get(ORDERS, 0) < CONNECTIONS:
            await asyncio.sleep(LOOK_SECONDS)


async def _orders(world: World, merchants: Sequence[Merchant], count: int) -> list[Mapping[str, Any]]:
    """Orders without documents, one shop after the other."""
    made: list[Mapping[str, Any]] = []
    for place in range(count):
        shop = merchants[place % len(merchants)].shop
        order = await world.epages.post("orders", shop=shop["shop_id"], number=f"L{place:05}")
        number = f"{PREFIX}{place:05}"
        made.append({"shop": shop["shop_id"], "order": order["order_number"], "number": number})
    return made


async def _finalise(world: World, orders: Sequence[Mapping[str, Any]]) -> Sent:
    """Finalise at the steady rate; when each document was given to the shop."""
    sent: Sent = {}
    begin = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        for place, order in enumerate(orders):
            await asyncio.sleep(max(begin + place / RATE - asyncio.get_running_loop().time(), 0))
            sent[str(order["number"])] = time.time()
            group.create_task(world.epages.post("orders/finalise", **order))
    return sent


async def _booked(world: World, count: int) -> dict[str, float]:
    """When each voucher was made, once all of them are there; those that are missing in time are left out."""
    deadline = time.monotonic() + LIMIT_SECONDS
    booked = await world.lexware.created(PREFIX)
    while len(booked) < count and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        booked = await world.lexware.created(PREFIX)
    if len(booked) < count:
        say(f"{count - len(booked)} documents were not booked within {LIMIT_SECONDS} s")
    return booked


def _body(sent: Sent, booked: Mapping[str, float]) -> str:
    spread = Spread.of([moment - sent[number] for number, moment in booked.items()])
    row = [
        f"{spread.count} of {len(sent)}",
        *(milliseconds(value) for value in (spread.p50, spread.p95, spread.p99, spread.longest)),
    ]
    note = (
        f"From the order to finalise a document, which makes the shop send its signed webhook, to the"
        f" creation of the voucher: {RATE} documents/s over {CONNECTIONS} connections, four services,"
        f" no rate limit and no read lag, shops polled every {POLL_SECONDS} s beside it. The first document"
        f" of a connection includes reading its profile, categories and voucher list. Target: {TARGETS}."
    )
    return f"{table(['booked', 'p50', 'p95', 'p99', 'longest'], [row])}\n\n{note}"
