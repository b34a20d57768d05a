"""Books whose lists hold much, or cannot be read, as a person and the vendor make them."""

import asyncio
from typing import Any

from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.models.books import BooksReadingRow, VoucherIndexStateRow
from common.db.models.effects import AlarmRow
from common.events.base import Event
from integration.invoice_writer.harness import Writer

LIST = "GET /v1/voucherlist"


async def made(writer: Writer, count: int | None = None, **order: Any) -> str:
    """So many vouchers of others, visible in the list; the id of the last one."""
    whose = {"organization_id": writer.organization["organization_id"]}
    many = {} if count is None else {"count": count}
    voucher = await writer.lexware.control.post("vouchers", {**whose, **order, **many})
    await asyncio.sleep(0.1)
    return str(voucher["id"])


async def tried(writer: Writer, *events: Event) -> None:
    """The events come and are worked on until some list of the books turned out to be unreadable."""

    async def has_failed() -> bool:
        return any(row.failures for row in (await readings(writer)).values())

    await writer.work_until(has_failed, *events)


async def index_is_old(writer: Writer, seconds: float = 3600.0) -> None:
    """The index has to be read again before the next document is booked by a new process."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(VoucherIndexStateRow).values(refreshed_at=db_now(-seconds)))


async def failing_for(writer: Writer, seconds: float) -> None:
    """The list has been failing for so long, and may be tried again now."""
    async with writer.db.sessions.of_all_tenants() as session:
        values = {"failing_since": db_now(-seconds), "retry_at": db_now(-1.0)}
        await session.execute(update(BooksReadingRow).values(**values))


async def readings(writer: Writer) -> dict[str, BooksReadingRow]:
    """How the readings of each list go."""
    async with writer.db.reading.of_all_tenants() as session:
        return {row.list: row for row in (await session.scalars(select(BooksReadingRow))).all()}


async def alarms(writer: Writer, kind: str, *, is_open: bool = True) -> list[AlarmRow]:
    """The alarms of that kind."""
    query = select(AlarmRow).where(AlarmRow.kind == kind, AlarmRow.closed_at.is_(None) == is_open)
    async with writer.db.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all())
