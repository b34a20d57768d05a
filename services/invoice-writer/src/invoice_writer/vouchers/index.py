"""A local copy of the voucherlist: a predecessor's vouchers are found without a request per document."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.batching import Batched
from common.db.dialect import one_of, prepared
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import VoucherIndexRow
from common.db.models.effects import BindingRow
from common.later import Later
from common.lexware.client import LexwareClient
from common.lexware.voucherlist import VoucherFilter
from invoice_writer.context import BooksConnection
from invoice_writer.lists import Readings, holds
from invoice_writer.vouchers.reading import VoucherIndexReader
from invoice_writer.vouchers.state import REFRESH_AFTER, VoucherIndexState

REMEMBER_SECONDS = 60.0
BEING_READ = Later(timedelta(seconds=1), "vouchers_being_read")
EARLIER = timedelta(days=31)  # others may have dated the same document a little earlier
Number: TypeAlias = tuple[UUID, UUID, str, str]  # tenant, connection, voucher type, number
UNKNOWN_TYPE = ""  # of a row that does not say it in a way we can read

INDEX, BINDINGS = table(VoucherIndexRow), table(BindingRow)
IS_BOUND = BINDINGS.c.external_id == INDEX.c.voucher_id  # whoever's: another tenant may have these books too


@dataclass(frozen=True, slots=True)
class IndexedVoucher:
    """A voucher in the books that is bound to no document of ours."""

    voucher_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """What this process knows of an index, and until when it need not look again."""

    until: float
    filled_from: date
    unread: tuple[VoucherFilter, ...]


class VoucherIndex:
    """Filled in pages of 250, refreshed by change date when older than a quarter of an hour."""

    def __init__(self, db: Database, readings: Readings, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._readings, self._clock = db, readings, clock
        self._unbound: Batched[Number, list[IndexedVoucher]] = Batched(self._find_unbound)
        self._fresh: dict[UUID, Trusted] = {}
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure_fresh(
        self, tenant_id: UUID, books: BooksConnection, client: LexwareClient, since: date
    ) -> Later | None:
        """Make the index hold every sales voucher dated `since` or later, 15 minutes old at most.

        When to ask again while somebody else reads it: nobody waits here for others. Raises
        `BooksUnreadable` when the list cannot be read.
        """
        since = since.replace(month=1, day=1) - EARLIER
        known, lock = self._fresh.get(books.connection_id), self._locks[books.connection_id]
        if known is not None and self._clock() < known.until and known.filled_from <= since:
            return None
        looked_at = self._clock()
        reading = VoucherIndexReader(self._db, self._readings, tenant_id, books.connection_id, client)
        state, now = await reading.state()
        if state.is_due(since, now):
            if lock.locked():
                return BEING_READ
            async with lock:
                if not await reading.run(since):
                    return BEING_READ
            state, now = await reading.state()
        self._remember(books.connection_id, state, looked_at, now)
        return None

    def unread(self, connection_id: UUID, voucher_type: str, day: date) -> VoucherFilter | None:
        """The part of the list that is longer than it shows and may hold a voucher of the type and date."""
        known = self._fresh.get(connection_id)
        parts = () if known is None else known.unread
        return next((part for part in parts if holds(part, voucher_type, day)), None)

    async def unbound(
        self, tenant_id: UUID, connection_id: UUID, voucher_type: str, number: str
    ) -> Sequence[IndexedVoucher]:
        """Vouchers of that number and type, or of an unknown one, that no document of ours is bound to."""
        return await self._unbound.ask((tenant_id, connection_id, voucher_type, number))

    async def forget(self, tenant_id: UUID, connection_id: UUID, voucher_id: str) -> None:
        """Forget a voucher that is not there any more under the number it had."""
        async with self._db.sessions.of(tenant_id) as session:
            await session.execute(
                delete(VoucherIndexRow).where(
                    VoucherIndexRow.tenant_id == tenant_id,
                    VoucherIndexRow.connection_id == connection_id,
                    VoucherIndexRow.voucher_id == voucher_id,
                )
            )

    def _remember(
        self, connection_id: UUID, state: VoucherIndexState, looked_at: float, now: datetime
    ) -> None:
        if state.filled_from is None or state.refreshed_at is None:
            return
        left = (REFRESH_AFTER - (now - state.refreshed_at)).total_seconds()
        until = looked_at + min(left, REMEMBER_SECONDS)
        self._fresh[connection_id] = Trusted(until, state.filled_from, state.unread)

    async def _find_unbound(self, wanted: Sequence[Number]) -> list[list[IndexedVoucher]]:
        async with self._db.reading.of_tenants(tenant_id for tenant_id, *_ in wanted) as session:
            tenants, connections, _, numbers = zip(*wanted, strict=True)
            among = {
                "tenants": list(set(tenants)),
                "connections": list(set(connections)),
                "numbers": list(set(numbers)),
            }
            rows = (await session.execute(_unbound(session), among)).all()
        found: defaultdict[Number, list[IndexedVoucher]] = defaultdict(list)
        for row in rows:
            key = (row.tenant_id, row.connection_id, row.type, row.number)
            found[key].append(IndexedVoucher(row.voucher_id, row.number))
        return [
            [*found[tenant, connection, kind, number], *found[tenant, connection, UNKNOWN_TYPE, number]]
            for tenant, connection, kind, number in wanted
        ]


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
