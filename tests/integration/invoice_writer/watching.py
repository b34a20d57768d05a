"""The watch over the books, and what people do to vouchers behind its back."""

import asyncio

import httpx
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.models.books import VoucherIndexRow, VoucherIndexStateRow
from common.db.models.effects import BindingRow
from common.inbox.accept import accept
from common.transport.local import LocalTransport
from integration.invoice_writer.harness import Writer
from invoice_writer.app import build
from invoice_writer.books_watch import BooksWatch

BY_ID = "GET /v1/vouchers/{id}"


async def watch(writer: Writer) -> None:
    """Everything that is due is looked at."""
    app = build(writer.settings(), writer.db, LocalTransport(writer.db, accept), writer.network)
    books = next(part for part in app.components if isinstance(part, BooksWatch))
    while await books.run_once():
        pass


async def quarter_later(writer: Writer) -> None:
    """A quarter of an hour has passed, and what changed is looked at."""
    await asyncio.sleep(0.1)
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(VoucherIndexStateRow).values(refreshed_at=db_now(-1000.0)))
    await watch(writer)


async def night(writer: Writer) -> None:
    """No night came for two days, and what was bound is older than a minute: all is looked at."""
    await asyncio.sleep(0.1)
    async with writer.db.sessions.of_all_tenants() as session:
        state = update(VoucherIndexStateRow).values(refreshed_at=db_now(), whole_at=db_now(-200_000.0))
        await session.execute(state)
        await session.execute(update(BindingRow).values(bound_at=db_now(-3600.0)))
    await look_again(writer)


async def look_again(writer: Writer) -> None:
    """The watch goes on until nothing is left, ten seconds after each look that did not find a voucher."""
    app = build(writer.settings(), writer.db, LocalTransport(writer.db, accept), writer.network)
    books = next(part for part in app.components if isinstance(part, BooksWatch))
    while await books.run_once():
        await ten_seconds_later(writer)


async def ten_seconds_later(writer: Writer) -> None:
    """Looks that did not find a voucher were ten seconds ago."""
    async with writer.db.sessions.of_all_tenants() as session:
        missing = update(VoucherIndexRow).where(VoucherIndexRow.missing_since.is_not(None))
        await session.execute(missing.values(missing_since=db_now(-11.0)))


async def delete(writer: Writer, voucher_id: str | None) -> None:
    """A person deletes the voucher in the books."""
    async with httpx.AsyncClient(base_url=writer.lexware.base_url, trust_env=False) as books:
        (await books.delete(f"/_control/vouchers/{voucher_id}")).raise_for_status()
    await asyncio.sleep(0.1)


async def edit(writer: Writer, voucher_id: str | None, **changes: str) -> None:
    """A person changes the voucher in the books."""
    await writer.lexware.control.post(f"vouchers/{voucher_id}", changes)
    await asyncio.sleep(0.1)
