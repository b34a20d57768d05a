"""What a decision needs to know about a tenant: its newest settings and its books connection."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.tenant_settings import newest_settings
from common.domain.merchant import SettingsVersion

BOOKS = "books"
CACHE_SECONDS = 1.0
CONNECTIONS = cast(Table, ConnectionRow.__table__)
BOOKS_IN_USE = (
    select(CONNECTIONS.c.connection_id, CONNECTIONS.c.address, CONNECTIONS.c.state, CONNECTIONS.c.created_at)
    .where(
        CONNECTIONS.c.tenant_id == bindparam("tenant"),
        CONNECTIONS.c.kind == BOOKS,
        CONNECTIONS.c.state != "disabled",
    )
    .order_by(CONNECTIONS.c.created_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class BooksConnection:
    """The Lexware account of a tenant; `organization_id` is the one a person confirmed."""

    connection_id: UUID
    organization_id: str
    state: str
    connected_on: date


@dataclass(frozen=True, slots=True)
class TenantContext:
    """The newest settings, and the books unless none are connected."""

    tenant_id: UUID
    settings: SettingsVersion
    books: BooksConnection | None


class TenantContexts:
    """Reads contexts, remembering each for a second so that a batch costs one look."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._known: dict[UUID, tuple[float, TenantContext]] = {}

    async def get(self, tenant_id: UUID, *, fresh: bool = False) -> TenantContext:
        """The tenant's context; `fresh` looks again whatever is remembered."""
        known = self._known.get(tenant_id)
        if known is not None and not fresh and self._clock() - known[0] < CACHE_SECONDS:
            return known[1]
        read_at = self._clock()
        async with self._db.reading.begin() as session:
            context = TenantContext(
                tenant_id=tenant_id,
                settings=await newest_settings(session, tenant_id),
                books=await _books_connection(session, tenant_id),
            )
        self._known[tenant_id] = (read_at, context)
        return context


async def _books_connection(session: AsyncSession, tenant_id: UUID) -> BooksConnection | None:
    row = (await session.execute(BOOKS_IN_USE, {"tenant": tenant_id})).one_or_none()
    if row is None:
        return None
    return BooksConnection(row.connection_id, row.address, row.state, row.created_at.date())
