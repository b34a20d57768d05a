"""How much of its rate one connection's backlog uses, against the simulator's real bucket in real time."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from bench.documents import invoices, publish
from bench.figures import percent, share_of_rate, table
from bench.merchants import add_merchants, nobodys_shop
from bench.report import Section
from bench.world import World, running_world
from common.settings import LexwareSettings

DOCUMENTS, QUICK_DOCUMENTS = 200, 40
LIMIT_SECONDS = 600
LOOK_SECONDS = 0.05
TARGET = 0.95


@dataclass(frozen=True, slots=True)
class Used:
    """What the simulator saw of one connection, from its first call to its last."""

    calls: int
    rate_limited: int
    most_per_second: int
    seconds: float


async def measure(*, quick: bool) -> Section:
    """A backlog waits on the topic; one writer works it off with the limits it has by default."""
    count, limits = QUICK_DOCUMENTS if quick else DOCUMENTS, LexwareSettings()
    async with running_world() as world:
        merchants = await add_merchants(world.db, world.key, world.lexware, [nobodys_shop(1)])
        events = await invoices(world.db, merchants, count, "R-", with_file=True)
        await publish(world.kafka_settings, world.db, events)
        with world.services("invoice_writer"):
            used = await _watch(world, merchants[0].organization["organization_id"], 2 * count)
        return Section("rate", _body(count, limits, used), world.sources)


async def _watch(world: World, organization_id: str, writes: int) -> Used:
    """Look at the connection until every document has its voucher and its file."""
    began = 0.0
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            state = await world.lexware.state("connections", organization_id=organization_id)
            now, seen = time.monotonic(), state["connections"][0]
            if seen["requests"] and not began:
                began = now
            if _written(state) >= writes:
                return Used(seen["requests"], seen["rate_limited"], seen["max_per_second"], now - began)
            await asyncio.sleep(LOOK_SECONDS)


def _written(state: dict[str, Any]) -> int:
    return sum(calls for call, calls in state["requests"].items() if call.startswith("POST /v1/vouchers"))


def _body(count: int, limits: LexwareSettings, used: Used) -> str:
    share = share_of_rate(used.calls, limits.burst, limits.rate_per_second, used.seconds)
    rows = [
        ["calls to Lexware", str(used.calls)],
        ["seconds from first to last", f"{used.seconds:.1f}"],
        [f"share of {limits.rate_per_second}/s", percent(share)],
        ["answers 429", str(used.rate_limited)],
        ["most calls in one second", str(used.most_per_second)],
    ]
    note = (
        f"{count} documents with files, the default {limits.rate_per_second}/s with a burst of {limits.burst}"
        f" (not counted in the share) against the simulator's 2/s with a bucket of 4."
        f" Target: at least {TARGET * 100:.0f} % and no 429."
    )
    return f"{table(['one connection', 'value'], rows)}\n\n{note}"
