"""A local copy of the voucherlist: a predecessor's vouchers are found without a request per document."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias, cast
from uuid import UUID

from sqlalchemy import Row, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.batching import Batched
from common.db.dialect import db_now, insert, one_of, prepared
from common.db.engine import Database
from common.db.models.books import VoucherIndexRow, VoucherIndexStateRow
from common.db.models.effects import BindingRow
from common.domain.money import Money
from common.lexware.client import LexwareClient
from common.lexware.wire import VoucherListRow
from invoice_writer.context import BooksConnection

REFRESH_AFTER = timedelta(minutes=15)
REMEMBER_SECONDS = 60.0
OVERLAP = timedelta(days=1)
EARLIER = timedelta(days=31)  # others may have dated the same document a little earlier
WINDOW_LIMIT = 10_000
VOUCHER_TYPES = ("salesinvoice", "salescreditnote")
Number: TypeAlias = tuple[UUID, UUID, str, str]  # tenant, connection, voucher type, number

INDEX, BINDINGS = cast(Table, VoucherIndexRow.__table__), cast(Table, BindingRow.__table__)
IS_BOUND = (BINDINGS.c.external_id == INDEX.c.voucher_id) & (BINDINGS.c.tenant_id == INDEX.c.tenant_id)


@dataclass(frozen=True, slots=True)
class IndexedVoucher:
    """A voucher in the books that is bound to no document of ours."""

    voucher_id: str
    type: str
    number: str
    voucher_on: date
    gross_total: Money


class VoucherIndex:
    """Filled in pages of 250, refreshed by change date when older than a quarter of an hour."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._unbound: Batched[Number, list[IndexedVoucher]] = Batched(self._find_unbound)
        self._fresh: dict[UUID, tuple[float, date]] = {}  # trusted until, filled since
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure_fresh(
        self, tenant_id: UUID, books: BooksConnection, client: LexwareClient, since: date
    ) -> None:
        """Make the index hold every sales voucher dated `since` or later, 15 minutes old at most."""
        async with self._locks[books.connection_id]:
            since = since.replace(month=1, day=1) - EARLIER
            known = self._fresh.get(books.connection_id)
            if known is not None and self._clock() < known[0] and known[1] <= since:
                return
            looked_at = self._clock()
            state, now = await self._state(tenant_id, books.connection_id)
            if state.filled_from is None or since < state.filled_from:
                await self._fill(tenant_id, books, client, since, now)
            elif state.refreshed_at is None or now - state.refreshed_at > REFRESH_AFTER:
                changed_from = ((state.refreshed_at or now) - OVERLAP).date()
                rows = await client.voucherlist.changed_since(VOUCHER_TYPES, changed_from)
                await self._store(tenant_id, books.connection_id, rows, state.filled_from, now)
            else:
                left = (REFRESH_AFTER - (now - state.refreshed_at)).total_seconds()
                trusted_until = looked_at + min(left, REMEMBER_SECONDS)
                self._fresh[books.connection_id] = (trusted_until, state.filled_from)

    async def unbound(
        self, tenant_id: UUID, connection_id: UUID, voucher_type: str, number: str
    ) -> Sequence[IndexedVoucher]:
        """Vouchers of that type and number that no document of ours is bound to."""
        return await self._unbound.ask((tenant_id, connection_id, voucher_type, number))

    async def forget(self, tenant_id: UUID, connection_id: UUID, voucher_id: str) -> None:
        """The voucher is not there any more under the number it had."""
        async with self._db.sessions.begin() as session:
            await session.execute(
                delete(VoucherIndexRow).where(
                    VoucherIndexRow.tenant_id == tenant_id,
                    VoucherIndexRow.connection_id == connection_id,
                    VoucherIndexRow.voucher_id == voucher_id,
                )
            )

    async def _find_unbound(self, wanted: Sequence[Number]) -> list[list[IndexedVoucher]]:
        async with self._db.reading.begin() as session:
            tenants, connections, _, numbers = zip(*wanted, strict=True)
            among = {
                "tenants": list(set(tenants)),
                "connections": list(set(connections)),
                "numbers": list(set(numbers)),
            }
            rows = (await session.execute(_unbound(session), among)).all()
        found: defaultdict[Number, list[IndexedVoucher]] = defaultdict(list)
        for row in rows:
            found[row.tenant_id, row.connection_id, row.type, row.number].append(
                IndexedVoucher(row.voucher_id, row.type, row.number, row.voucher_on, Money(row.gross_minor))
            )
        return [found[one] for one in wanted]

    async def _state(self, tenant_id: UUID, connection_id: UUID) -> tuple[Row[Any], datetime]:
        now = select(db_now().label("now")).subquery()
        mine = (VoucherIndexStateRow.tenant_id == tenant_id) & (
            VoucherIndexStateRow.connection_id == connection_id
        )
        query = (
            select(now.c.now, VoucherIndexStateRow.filled_from, VoucherIndexStateRow.refreshed_at)
            .select_from(now)
            .outerjoin(VoucherIndexStateRow, mine)
        )
        async with self._db.reading.begin() as session:
            state = (await session.execute(query)).one()
        return state, state.now

    async def _fill(
        self, tenant_id: UUID, books: BooksConnection, client: LexwareClient, since: date, now: datetime
    ) -> None:
        """Read everything dated `since` or later; a window at the list's limit is read in halves."""
        windows = [(since, now.date() + timedelta(days=366))]
        while windows:
            start, end = windows.pop()
            first = await client.voucherlist.dated(VOUCHER_TYPES, start, end)
            if first.total_elements >= WINDOW_LIMIT and start < end:
                middle = start + (end - start) // 2
                windows += [(start, middle), (middle + timedelta(days=1), end)]
                continue
            rows = [row async for row in client.voucherlist.rest_of(first)]
            await self._store(tenant_id, books.connection_id, rows, None, now)
        await self._store(tenant_id, books.connection_id, (), since, now)

    async def _store(
        self,
        tenant_id: UUID,
        connection_id: UUID,
        rows: Sequence[VoucherListRow],
        filled_from: date | None,
        now: datetime,
    ) -> None:
        async with self._db.sessions.begin() as session:
            for row in rows:
                await _upsert(session, tenant_id, connection_id, row)
            if filled_from is not None:
                values = {"filled_from": filled_from, "refreshed_at": now}
                statement = insert(session, VoucherIndexStateRow).values(
                    tenant_id=tenant_id, connection_id=connection_id, **values
                )
                await session.execute(
                    statement.on_conflict_do_update(index_elements=["connection_id"], set_=values)
                )


async def _upsert(session: AsyncSession, tenant_id: UUID, connection_id: UUID, row: VoucherListRow) -> None:
    values = {
        "type": row.voucher_type,
        "status": row.voucher_status,
        "number": row.voucher_number.strip(),
        "voucher_on": row.voucher_on,
        "gross_minor": row.total.minor,
        "updated_at": row.updated_date,
    }
    statement = insert(session, VoucherIndexRow).values(
        tenant_id=tenant_id, connection_id=connection_id, voucher_id=row.id, **values
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["connection_id", "voucher_id"], set_=values)
    )


@prepared
def _unbound(session: AsyncSession) -> Any:
    return (
        select(INDEX)
        .outerjoin(BINDINGS, IS_BOUND)
        .where(
            one_of(session, INDEX.c.tenant_id, "tenants"),
            one_of(session, INDEX.c.connection_id, "connections"),
            one_of(session, INDEX.c.number, "numbers"),
            BINDINGS.c.effect_key.is_(None),
        )
    )
