"""Lists that could not be read and that no document asks for any more: whether they can be is found out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, select

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import BooksReadingRow, VoucherIndexStateRow
from common.db.models.core import ConnectionRow
from common.domain.stored_words import ConnectionState
from common.lexware.client import LexwareClient
from invoice_writer.contacts import ContactIndex
from invoice_writer.context import BooksConnection
from invoice_writer.deciding import BooksProfiles
from invoice_writer.lists import BooksList, ListRef, Readings
from invoice_writer.vouchers import VoucherIndexReader

UNTRIED_SECONDS = 120.0  # since it might have been tried again: no document did
PORTION = 20


@dataclass(frozen=True, slots=True)
class StalledList:
    """A list that nobody tried for too long, with what is known of its books."""

    ref: ListRef
    filled_from: date | None  # of the index of vouchers
    books: BooksConnection


Read = Callable[[StalledList, LexwareClient], Awaitable[Any]]


class StalledLists:
    """Reads such lists the way documents would, so that their trouble ends with its cause."""

    def __init__(
        self, db: Database, readings: Readings, refill_after: timedelta, *, untried: float = UNTRIED_SECONDS
    ) -> None:
        self._db, self._readings, self._untried = db, readings, untried
        self._contacts = ContactIndex(db, readings, refill_after)
        self._profiles = BooksProfiles(db, readings)
        self._reads: Mapping[BooksList, Read] = {
            BooksList.VOUCHERS: self._vouchers,
            BooksList.CONTACTS: self._customers,
            BooksList.PROFILE: self._profile,
            BooksList.CATEGORIES: self._profile,
            BooksList.COUNTRIES: self._countries,
        }

    async def list_due(self) -> Sequence[StalledList]:
        """List those of books in use whose next try is overdue, the longest first."""
        columns = (ConnectionRow.address, ConnectionRow.state, ConnectionRow.created_at)
        state = VoucherIndexStateRow.connection_id == BooksReadingRow.connection_id
        query = (
            select(
                BooksReadingRow.tenant_id,
                BooksReadingRow.connection_id,
                BooksReadingRow.list,
                VoucherIndexStateRow.filled_from,
                *columns,
            )
            .join(ConnectionRow, ConnectionRow.connection_id == BooksReadingRow.connection_id)
            .outerjoin(VoucherIndexStateRow, state)
            .where(
                ConnectionRow.state == ConnectionState.ACTIVE,
                BooksReadingRow.failing_since.is_not(None),
                BooksReadingRow.retry_at <= db_now(-self._untried),
            )
            .order_by(BooksReadingRow.retry_at)
            .limit(PORTION)
        )
        async with self._db.reading.of_queues() as session:
            return [_stalled(row) for row in await session.execute(query)]

    async def read(self, stalled: StalledList, client: LexwareClient) -> None:
        """Read the list; raises what keeps it from being read."""
        await self._reads[stalled.ref.list](stalled, client)

    async def _vouchers(self, stalled: StalledList, client: LexwareClient) -> None:
        ref = stalled.ref
        reader = VoucherIndexReader(self._db, self._readings, ref.tenant_id, ref.connection_id, client)
        await reader.run(stalled.filled_from or stalled.books.connected_on)

    async def _customers(self, stalled: StalledList, client: LexwareClient) -> None:
        await self._contacts.ensure_filled(stalled.ref.tenant_id, stalled.books.connection_id, client)

    async def _profile(self, stalled: StalledList, client: LexwareClient) -> None:
        await self._profiles.reread(stalled.ref.tenant_id, stalled.books, client)

    async def _countries(self, stalled: StalledList, client: LexwareClient) -> None:
        async with self._readings.of(stalled.ref):
            await client.countries.list()


def _stalled(row: Row[Any]) -> StalledList:
    return StalledList(
        ref=ListRef(row.tenant_id, row.connection_id, BooksList(row.list)),
        filled_from=row.filled_from,
        books=BooksConnection.from_row(row),
    )
