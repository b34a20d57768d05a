"""The safety nets: each night the orders of two days, each week those of 90 days, a few calls at a time."""

import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from common.db.models.ingest import ShopCursorRow
from common.domain.documents import BERLIN
from common.shops.base import OrderQuery, Page
from common.shops.epages.client import PAGE_SIZE
from common.shops.epages.wire import Order
from ingest.orders import FAILED_ORDERS, OrderReader, is_news, known_markers, to_snapshot
from ingest.polling.order_list import Budget

NIGHTLY, WEEKLY = "nightly", "weekly"
NIGHTLY_REACH = timedelta(hours=48)
WEEKLY_REACH = timedelta(days=90)
WEEK = timedelta(days=7)
FIRST_HOUR, SPREAD_MINUTES = 1, 180
FREE_CALLS = 20  # a small shop is swept in one go


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep under way; `position` counts the orders looked at, `calls` what it has cost."""

    kind: str
    started_at: datetime
    position: int = 0
    calls: int = 0

    @property
    def query(self) -> OrderQuery:
        """The list this sweep goes through."""
        if self.kind == NIGHTLY:
            return OrderQuery(updated_from=self.started_at - NIGHTLY_REACH)
        return OrderQuery(created_after=self.started_at - WEEKLY_REACH)

    def allowance(self, now: datetime, calls_per_hour: int) -> int:
        """How many calls it may make by now."""
        hours = (now - self.started_at) / timedelta(hours=1)
        return FREE_CALLS + int(calls_per_hour * hours) - self.calls

    def columns(self) -> dict[str, Any]:
        """The sweep as it stands in the cursor row."""
        return {
            "sweep": self.kind,
            "sweep_started_at": self.started_at,
            "sweep_position": self.position,
            "sweep_calls": self.calls,
        }


def sweep_of(row: ShopCursorRow, now: datetime) -> Sweep | None:
    """The sweep under way, else one that is due, else none."""
    if row.sweep is not None and row.sweep_started_at is not None:
        return Sweep(row.sweep, row.sweep_started_at, row.sweep_position, row.sweep_calls)
    tonight = last_night(now, row.connection_id)
    if row.last_nightly_at is None or row.last_nightly_at < tonight:
        return Sweep(NIGHTLY, now)
    if row.last_weekly_at is None or row.last_weekly_at < tonight - WEEK + timedelta(hours=1):
        return Sweep(WEEKLY, now)
    return None


def last_night(now: datetime, connection_id: UUID) -> datetime:
    """The latest moment at which this shop's nightly work was due; shops are spread over three hours."""
    offset = timedelta(hours=FIRST_HOUR, minutes=zlib.crc32(connection_id.bytes) % SPREAD_MINUTES)
    local = now.astimezone(BERLIN)
    midnight = datetime.combine(local.date(), time(), tzinfo=BERLIN)
    due = midnight.astimezone(UTC) + offset
    return due if due <= now else due - timedelta(days=1)


@dataclass
class Sweeper:
    """Goes on with one sweep within one run."""

    reader: OrderReader
    budget: Budget
    checkpoint: Callable[[], Awaitable[None]]
    calls_per_hour: int
    _failures: int = 0

    async def go_on(self, sweep: Sweep, now: datetime) -> Sweep | None:
        """The sweep as far as it came, or None when it is complete."""
        start, before = sweep, self.reader.client.calls
        while self._may_go_on(start, before, now):
            number = sweep.position // PAGE_SIZE + 1
            page = await self.reader.client.orders(sweep.query, number)
            reached = await self._look_at(page, sweep, lambda: self._may_go_on(start, before, now))
            sweep = replace(sweep, position=(number - 1) * PAGE_SIZE + reached)
            if reached < len(page.items):
                break
            if number * PAGE_SIZE >= page.total or not len(page):
                return None
            sweep = replace(sweep, position=number * PAGE_SIZE)
        return replace(sweep, calls=start.calls + self.reader.client.calls - before)

    async def _look_at(self, page: Page[Order], sweep: Sweep, may_go_on: Callable[[], bool]) -> int:
        """How many orders of the page were looked at."""
        known = await self._known([item.value.order_id for item in page.items])
        now = page.server_time or datetime.now(UTC)
        for index, item in enumerate(page.items):
            if index < sweep.position % PAGE_SIZE:
                continue
            if not self._wants(sweep, item.value, now, known.get(item.value.order_id)):
                continue
            if not may_go_on():
                return index
            await self.checkpoint()
            trouble = await self.reader.try_import_order(item.value, server_time=page.server_time)
            if trouble is not None:  # the next sweep tries again
                self._failures += 1
                if self._failures >= FAILED_ORDERS:
                    raise trouble
        return len(page.items)

    def _wants(
        self, sweep: Sweep, order: Order, now: datetime, known: tuple[str, Mapping[str, Any]] | None
    ) -> bool:
        if sweep.kind == WEEKLY:
            return order.has_status
        return (
            known is None
            or is_news(order, now, known)
            or known[1] != to_snapshot(order).model_dump(mode="json")
        )

    def _may_go_on(self, sweep: Sweep, before: int, now: datetime) -> bool:
        spent = self.reader.client.calls - before
        return self.budget.is_left() and sweep.allowance(now, self.calls_per_hour) > spent

    async def _known(self, order_ids: list[str]) -> dict[str, tuple[str, dict[str, Any]]]:
        if not order_ids:
            return {}
        async with self.reader.db.reading.begin() as session:
            return await known_markers(session, self.reader.connection, order_ids)
