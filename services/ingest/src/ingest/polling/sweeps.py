"""The safety nets: orders looked at once more whatever the cursor says, a few calls at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from common.domain.stored_words import SweepKind
from common.shops.base import Page
from common.shops.epages.client import PAGE_SIZE
from common.shops.epages.wire import Order
from ingest.orders import FAILED_ORDERS, KnownOrder, OrderReader, is_news, to_snapshot
from ingest.polling.order_list import Budget
from ingest.polling.state import Sweep


@dataclass
class Sweeper:
    """Goes on with one sweep within one run."""

    reader: OrderReader
    budget: Budget
    checkpoint: Callable[[], Awaitable[None]]
    calls_per_hour: int
    _failures: int = 0

    async def go_on(self, sweep: Sweep, now: datetime) -> Sweep | None:
        """Go on as far as the sweep may by now. Returns how far it got, or None when it is complete."""
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
        """Import the orders of the page that the sweep wants. Returns how many it looked at."""
        known = await self.reader.list_known([item.value.order_id for item in page.items])
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

    def _wants(self, sweep: Sweep, order: Order, now: datetime, known: KnownOrder | None) -> bool:
        if sweep.kind is SweepKind.WEEKLY:
            return order.has_status
        return (
            known is None
            or is_news(order, now, known)
            or known.snapshot != to_snapshot(order).model_dump(mode="json")
        )

    def _may_go_on(self, sweep: Sweep, before: int, now: datetime) -> bool:
        spent = self.reader.client.calls - before
        return self.budget.is_left() and sweep.allowance(now, self.calls_per_hour) > spent
