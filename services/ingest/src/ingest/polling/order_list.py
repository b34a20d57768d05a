"""Read a list of orders page by page while it changes: what is news is taken over, drift is noticed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from common.shops.base import OrderQuery, Page
from common.shops.epages.client import PAGE_SIZE, EpagesClient
from common.shops.epages.wire import Order
from ingest.orders import FAILED_ORDERS, KnownOrder, OrderReader, is_news

log = structlog.get_logger(__name__)

READINGS = 2  # a list that drifts is read once more, not for ever


class Stopped(Exception):
    """The process ends or another one holds the lease; the run goes on later from where it began."""


class Budget:
    """How many calls a run may still make; the shop's own quota counts, too."""

    def __init__(self, client: EpagesClient, calls: int, reserve: int) -> None:
        self._client, self._calls, self._reserve = client, calls, reserve

    def is_left(self) -> bool:
        """Whether another call is allowed."""
        remaining = self._client.quota.remaining
        return self._client.calls < self._calls and (remaining is None or remaining >= self._reserve)


@dataclass
class ListProgress:
    """How far a list was read; `page` is where to go on when it is not complete."""

    complete: bool = False
    page: int = 1
    total: int = 0
    answered: bool = False
    started_at: datetime | None = None  # the shop's clock at the first answer
    newest: datetime | None = None  # the latest update stamp seen
    failed: Exception | None = None
    drifted: bool = False
    seen: set[str] = field(default_factory=set)


@dataclass
class OrderListReader:
    """Reads one list of orders within one run.

    The list moves while it is read: an order that changes goes to another page. What moved onto a page that
    was read already would be missed, so a total that differs from page to page, or an order that comes twice,
    means drift, and the list is read once more from where it began; what is known by now costs no call then.
    When the budget ends first, the page to go on with is in the progress.
    """

    reader: OrderReader
    budget: Budget
    checkpoint: Callable[[], Awaitable[None]]  # raises `Stopped`
    fresh_from: datetime | None = None  # for shops without update stamps: orders updated since then are news
    _fresh: set[str] | None = None
    _failures: int = 0

    async def read(self, query: OrderQuery, *, first_page: int = 1) -> ListProgress:
        """Read the list page by page and save each changed order. Returns how far it got."""
        progress = ListProgress(page=first_page)
        for _ in range(READINGS):
            progress.page, progress.total, progress.drifted = first_page, 0, False
            progress.seen.clear()
            if not await self._read_pages(query, progress, first_page):
                return progress
            if not progress.drifted:
                break
            log.info("orders.list_drifted", connection_id=str(self.reader.connection.connection_id))
        progress.complete = progress.failed is None
        return progress

    async def _read_pages(self, query: OrderQuery, progress: ListProgress, first_page: int) -> bool:
        """Read the pages from here on. Returns False when the budget ended before the last one."""
        while True:
            if progress.answered and not self.budget.is_left():
                return False
            page = await self.reader.client.orders(query, progress.page)
            if not progress.answered:
                progress.answered, progress.started_at = True, page.server_time
            progress.drifted |= progress.page != first_page and page.total != progress.total
            progress.total = page.total
            if not await self._import_page(page, progress):
                return False
            if progress.page * PAGE_SIZE >= page.total or not len(page):
                return True
            progress.page += 1

    async def _import_page(self, page: Page[Order], progress: ListProgress) -> bool:
        await self.reader.report_unreadable(page.unreadable)
        now = page.server_time or datetime.now(UTC)
        known = await self.reader.list_known([item.value.order_id for item in page.items])
        for item in page.items:
            order = item.value
            if order.order_id in progress.seen:
                progress.drifted = True
                continue
            progress.seen.add(order.order_id)
            progress.newest = _later(progress.newest, order.last_updated_on_date)
            if not await self._is_news(order, now, known.get(order.order_id)):
                continue
            await self.checkpoint()
            if not self.budget.is_left():
                return False
            await self._try_import(order, page.server_time, progress)
        return True

    async def _try_import(self, order: Order, server_time: datetime | None, progress: ListProgress) -> None:
        trouble = await self.reader.try_import_order(order, server_time=server_time)
        if trouble is not None:
            self._failures += 1
            progress.failed = trouble
            if self._failures >= FAILED_ORDERS:
                raise trouble

    # A shop without update stamps lists everything that changed within the overlap each time. Whether such an
    # order is news cannot be told from the item alone when only its documents changed, so one list more is
    # read, from where the last run ended: what stands in it changed since.
    async def _is_news(self, order: Order, now: datetime, known: KnownOrder | None) -> bool:
        if is_news(order, now, known):
            return True
        if order.last_updated_on_date is not None or self.fresh_from is None:
            return False
        if self._fresh is None:
            self._fresh = await self._read_fresh(self.fresh_from)
        return order.order_id in self._fresh

    async def _read_fresh(self, since: datetime) -> set[str]:
        """Read the ids of the orders in the part of the list that no earlier run has seen."""
        ids, number = set[str](), 1
        while True:
            page = await self.reader.client.orders(OrderQuery(updated_from=since), number)
            ids |= {item.value.order_id for item in page.items}
            if number * PAGE_SIZE >= page.total or not len(page) or not self.budget.is_left():
                return ids
            number += 1


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)
