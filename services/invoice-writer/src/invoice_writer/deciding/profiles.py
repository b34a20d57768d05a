"""The seller's profile and the posting categories, read from the books once in a while."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.books import BooksProfileRow
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.reasons import CURED_BY_PROFILE, DocumentReason
from common.errors import TransientError
from common.lexware.client import LexwareClient
from common.lexware.posting_categories import to_category
from invoice_writer.context import BooksConnection
from invoice_writer.lists import BooksList, ListRef, Readings, note_all_unfit
from invoice_writer.released import release_reasons

REFRESH_AFTER = timedelta(hours=1)
NEW_ENOUGH = timedelta(seconds=30)  # for somebody who has reason to doubt the last reading
REMEMBER_SECONDS = 60.0
PATIENCE_SECONDS = 1.0


class ProfileBeingRead(TransientError):
    """Somebody in this process reads the profile right now."""

    code = "invoice_writer.profile_being_read"


@dataclass(frozen=True, slots=True)
class Books:
    """What a decision reads from the books."""

    profile: SellerProfile
    categories: Mapping[str, PostingCategory]


class BooksProfiles:
    """Keeps one reading per connection in the database, shared by all replicas.

    Whoever finds it changed puts the documents that the old one held up back in line, with the new one.
    """

    def __init__(self, db: Database, readings: Readings, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._readings, self._clock = db, readings, clock
        self._known: dict[UUID, tuple[float, Books]] = {}
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, tenant_id: UUID, books: BooksConnection, client: LexwareClient) -> Books:
        """Look up the reading, and make a new one when it is an hour old.

        Raises `ProfileBeingRead` when somebody else takes longer over it than one waits here, and
        `BooksUnreadable` when it cannot be read.
        """
        async with _soon(self._locks[books.connection_id]):
            known = self._known.get(books.connection_id)
            if known is not None and self._clock() - known[0] < REMEMBER_SECONDS:
                return known[1]
            return await self._no_older_than(REFRESH_AFTER, tenant_id, books, client)

    async def reread(self, tenant_id: UUID, books: BooksConnection, client: LexwareClient) -> Books:
        """Make a new reading, unless somebody made one just now: the last one may be wrong by now.

        Raises as `get`.
        """
        async with _soon(self._locks[books.connection_id]):
            return await self._no_older_than(NEW_ENOUGH, tenant_id, books, client)

    async def _no_older_than(
        self, limit: timedelta, tenant_id: UUID, books: BooksConnection, client: LexwareClient
    ) -> Books:
        stored, age = await self._stored(tenant_id, books.connection_id)
        is_new = age is not None and age < limit
        current = (
            stored if stored is not None and is_new else await self._refresh(tenant_id, books, client, stored)
        )
        self._known[books.connection_id] = (self._clock(), current)
        return current

    async def _stored(
        self, tenant_id: UUID, connection_id: UUID
    ) -> tuple[Books, timedelta] | tuple[None, None]:
        query = select(BooksProfileRow, db_now().label("now")).where(
            BooksProfileRow.connection_id == connection_id, BooksProfileRow.tenant_id == tenant_id
        )
        async with self._db.reading.of(tenant_id) as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return None, None
        row, now = found
        categories = [PostingCategory.model_validate(category) for category in row.categories]
        books = Books(
            SellerProfile.model_validate(row.profile), {category.id: category for category in categories}
        )
        return books, now - row.fetched_at

    async def _refresh(
        self, tenant_id: UUID, books: BooksConnection, client: LexwareClient, before: Books | None
    ) -> Books:
        profile = await self._profile(tenant_id, books, client)
        categories = await self._categories(tenant_id, books, client)
        current = Books(profile, {category.id: category for category in categories})
        values = {
            "tenant_id": tenant_id,
            "connection_id": books.connection_id,
            "profile": profile.model_dump(mode="json"),
            "categories": [category.model_dump(mode="json") for category in categories],
            "fetched_at": db_now(),
        }
        is_changed = current != before
        is_known_elsewhere = is_changed and before is not None
        read = {**values, "changed_at": db_now()} if is_known_elsewhere else values
        async with self._db.sessions.of(tenant_id) as session:
            statement = insert(session, BooksProfileRow).values(**read)
            news = {name: value for name, value in read.items() if name not in {"tenant_id", "connection_id"}}
            await session.execute(
                statement.on_conflict_do_update(index_elements=["connection_id"], set_=news)
            )
            released = CURED_BY_PROFILE if is_changed else (DocumentReason.PROFILE_UNAVAILABLE.value,)
            await release_reasons(session, tenant_id, released)
        return current

    async def _profile(self, tenant_id: UUID, books: BooksConnection, client: LexwareClient) -> SellerProfile:
        place = ListRef(tenant_id, books.connection_id, BooksList.PROFILE)
        async with self._readings.of(place):
            profile, unfit = await client.profile.read()
        async with self._db.sessions.of(tenant_id) as session:
            await note_all_unfit(session, place, () if unfit is None else (unfit,))
        return profile

    async def _categories(
        self, tenant_id: UUID, books: BooksConnection, client: LexwareClient
    ) -> Sequence[PostingCategory]:
        place = ListRef(tenant_id, books.connection_id, BooksList.CATEGORIES)
        async with self._readings.of(place):
            categories = await client.posting_categories.read()
        async with self._db.sessions.of(tenant_id) as session:
            await note_all_unfit(session, place, categories.unfit)
        return [to_category(category) for category in categories.fit]


@asynccontextmanager
async def _soon(lock: asyncio.Lock) -> AsyncIterator[None]:
    """Hold the lock; longer waits give the work back, so that one merchant's books hold up no other's."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await lock.acquire()
    except TimeoutError:
        raise ProfileBeingRead("reading", retry_after=timedelta(seconds=PATIENCE_SECONDS)) from None
    try:
        yield
    finally:
        lock.release()
