"""The seller's profile and the posting categories, read from the books once in a while."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.books import BooksProfileRow
from common.domain.profile import PostingCategory, SellerProfile
from common.lexware.client import LexwareClient
from invoice_writer.context import BooksConnection

REFRESH_AFTER = timedelta(hours=1)
REMEMBER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Books:
    """What a decision reads from the books."""

    profile: SellerProfile
    categories: Mapping[str, PostingCategory]


class BooksProfiles:
    """Keeps one reading per connection in the database, shared by all replicas, and tells when it changed."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._known: dict[UUID, tuple[float, Books]] = {}
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, tenant_id: UUID, books: BooksConnection, client: LexwareClient) -> tuple[Books, bool]:
        """The reading, and whether it was just found to differ from the one before."""
        async with self._locks[books.connection_id]:
            known = self._known.get(books.connection_id)
            if known is not None and self._clock() - known[0] < REMEMBER_SECONDS:
                return known[1], False
            stored, is_fresh = await self._stored(tenant_id, books.connection_id)
            current = (
                stored if stored is not None and is_fresh else await self._refresh(tenant_id, books, client)
            )
            self._known[books.connection_id] = (self._clock(), current)
            return current, stored is not None and stored != current

    def forget(self, connection_id: UUID) -> None:
        """Look into the database again at the next call."""
        self._known.pop(connection_id, None)

    async def _stored(self, tenant_id: UUID, connection_id: UUID) -> tuple[Books | None, bool]:
        query = select(BooksProfileRow, db_now().label("now")).where(
            BooksProfileRow.connection_id == connection_id, BooksProfileRow.tenant_id == tenant_id
        )
        async with self._db.reading.begin() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return None, False
        row, now = found
        categories = [PostingCategory.model_validate(category) for category in row.categories]
        books = Books(
            SellerProfile.model_validate(row.profile), {category.id: category for category in categories}
        )
        return books, now - row.fetched_at < REFRESH_AFTER

    async def _refresh(self, tenant_id: UUID, books: BooksConnection, client: LexwareClient) -> Books:
        profile = await client.profile.get()
        categories = await client.posting_categories.list()
        values = {
            "tenant_id": tenant_id,
            "connection_id": books.connection_id,
            "profile": profile.model_dump(mode="json"),
            "categories": [category.model_dump(mode="json") for category in categories],
            "fetched_at": db_now(),
        }
        async with self._db.sessions.begin() as session:
            statement = insert(session, BooksProfileRow).values(**values)
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=["connection_id"],
                    set_={name: values[name] for name in ("profile", "categories", "fetched_at")},
                )
            )
        return Books(profile, {category.id: category for category in categories})
