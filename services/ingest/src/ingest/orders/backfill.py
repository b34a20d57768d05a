"""Read every order placed since a date once more, on the lane that never delays what is fresh."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from common.domain.stored_words import Lane
from common.shops.base import OrderQuery
from common.shops.epages.client import PAGE_SIZE
from ingest.orders.reader import OrderReader

log = structlog.get_logger(__name__)

FRAME = timedelta(days=364)  # the shop takes frames of at most a year
LONGEST_PAUSE = 3600.0


async def backfill_orders(reader: OrderReader, since: datetime, *, reserved_calls: int) -> tuple[int, int]:
    """Save every order placed since then. Returns how many there were and how many documents were new."""
    orders = documents = 0
    begin, end = since, datetime.now(UTC)
    while begin < end:
        query = OrderQuery(created_after=begin, created_before=min(begin + FRAME, end))
        number, total = 1, 1
        while (number - 1) * PAGE_SIZE < total:
            page = await reader.client.orders(query, number)
            await reader.report_unreadable(page.unreadable)
            for item in page.items:
                await _respect_quota(reader, reserved_calls)
                saved = await reader.import_order(item.value, read_at=datetime.now(UTC), lane=Lane.HISTORY)
                orders += 1
                documents += saved.documents if saved is not None else 0
            total = page.total if len(page) else 0
            number += 1
        begin += FRAME
    log.info("backfill.done", orders=orders, documents=documents)
    return orders, documents


async def _respect_quota(reader: OrderReader, reserved: int) -> None:
    """Wait for the shop's next hour before its quota is used up; fresh changes need the rest."""
    quota = reader.client.quota
    if quota.remaining is None or quota.remaining >= reserved or quota.resets_at is None:
        return
    pause = (quota.resets_at - datetime.now(UTC)).total_seconds()
    await asyncio.sleep(min(max(pause, 1.0), LONGEST_PAUSE))
