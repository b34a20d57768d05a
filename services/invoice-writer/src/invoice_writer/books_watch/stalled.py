"""Lists that could not be read and that no document asks for any more: whether they can be is found out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import BooksReadingRow, VoucherIndexStateRow
from common.db.models.core import ConnectionRow
from common.lexware.client import LexwareClient
from invoice_writer.contacts import ContactIndex
from invoice_writer.context import BooksConnection
from invoice_writer.deciding import BooksProfiles
from invoice_writer.lists import BooksList, ListRef, Readings
from invoice_writer.vouchers import VoucherIndexReader

UNTRIED_SECONDS = 120.0  # since it might have been tried again: no document did
PORTION = 20

Read = Callable[[Row[Any], LexwareClient], Awaitable[Any]]


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

    async def due(self) -> Sequence[Row[Any]]:
        """Lists of books in use whose next try is overdue, the longest first."""
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
                ConnectionRow.state == "active",
                BooksReadingRow.failing_since.is_not(None),
                BooksReadingRow.retry_at <= db_now(-self._untried),
            )
            .order_by(BooksReadingRow.retry_at)
            .limit(PORTION)
        )
        async with self._db.reading.of_queues() as session:
            return (await session.execute(query)).all()

    async def read(self, row: Row[Any], client: LexwareClient) -> None:
        """Read the list; raises what keeps it from being read."""
        await self._reads[BooksList(row.list)](row, client)

    async def _vouchers(self, row: Row[Any], client: LexwareClient) -> None:
        reading = VoucherIndexReader(self._db, self._readings, row.tenant_id, row.connection_id, client)
        await reading.run(row.filled_from or row.created_at.date())

    async def _customers(self, row: Row[Any], client: LexwareClient) -> None:
        await self._contacts.ensure_filled(row.tenant_id, row.connection_id, client)

    async def _profile(self, row: Row[Any], client: LexwareClient) -> None:
        books = BooksConnection(row.connection_id, row.address, row.state, row.created_at.date())
        await self._profiles.reread(row.tenant_id, books, client)

    async def _countries(self, row: Row[Any], client: LexwareClient) -> None:
        async with self._readings.of(ListRef(row.tenant_id, row.connection_id, BooksList.COUNTRIES)):
            await client.countries.list()
