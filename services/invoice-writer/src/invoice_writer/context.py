"""What is to be known about a tenant: its newest settings, its books connection, its key for payers."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.batching import Batched
from common.db.dialect import one_of, prepared
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.core import ConnectionRow
from common.db.payer_keys import PayerKeys
from common.db.tenant_settings import newest_settings_of
from common.domain.buyers import PayerHashes, PayerKey
from common.domain.ids import BooksConnectionId
from common.domain.merchant import SettingsVersion
from common.domain.stored_words import ConnectionKind, ConnectionState
from common.events.documents import DocumentIssued

CACHE_SECONDS = 1.0
CONNECTIONS = table(ConnectionRow)


@dataclass(frozen=True, slots=True)
class BooksConnection:
    """The Lexware account of a tenant; `organization_id` is the one a person confirmed."""

    connection_id: BooksConnectionId
    organization_id: str
    state: ConnectionState
    connected_on: date

    @classmethod
    def from_row(cls, row: Row[Any]) -> "BooksConnection":
        """Take the columns of a connection."""
        books_id = BooksConnectionId(row.connection_id)
        return cls(books_id, row.address, row.state, row.created_at.date())


@dataclass(frozen=True, slots=True)
class TenantContext:
    """The newest settings, the books unless none are connected, and the key unless it cannot be opened."""

    tenant_id: UUID
    settings: SettingsVersion
    books: BooksConnection | None
    payer_key: PayerKey | None

    def payer_of(self, event: DocumentIssued) -> PayerHashes | None:
        """By what whoever pays the document is recognised; None where nothing is known of them."""
        return None if self.payer_key is None else self.payer_key.hashes_of(event.document, event.order)


class TenantContexts:
    """Reads contexts, remembering each for a second so that a batch costs one look."""

    def __init__(
        self, db: Database, payer_keys: PayerKeys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._db, self._payer_keys, self._clock = db, payer_keys, clock
        self._known: dict[UUID, tuple[float, TenantContext]] = {}
        self._reading: Batched[UUID, TenantContext] = Batched(self._read)

    async def get(self, tenant_id: UUID) -> TenantContext:
        """Look up the tenant's context; one that was read within a second is good enough."""
        known = self._known.get(tenant_id)
        if known is not None and self._clock() - known[0] < CACHE_SECONDS:
            return known[1]
        return await self.reread(tenant_id)

    async def reread(self, tenant_id: UUID) -> TenantContext:
        """Read the tenant's context, whatever is remembered of it."""
        return await self._reading.ask(tenant_id)

    async def _read(self, tenant_ids: Sequence[UUID]) -> list[TenantContext]:
        wanted, read_at = set(tenant_ids), self._clock()
        keys = await self._payer_keys.get(wanted)
        async with self._db.reading.of_tenants(wanted) as session:
            settings = await newest_settings_of(session, wanted)
            books = await _books_of(session, wanted)
        contexts = {one: TenantContext(one, settings[one], books.get(one), keys[one]) for one in wanted}
        self._known.update((one, (read_at, context)) for one, context in contexts.items())
        return [contexts[one] for one in tenant_ids]


async def _books_of(session: AsyncSession, tenant_ids: Collection[UUID]) -> dict[UUID, BooksConnection]:
    """Read the newest books connection in use of each tenant that has one."""
    rows = await session.execute(_books_in_use(session), {"tenants": list(tenant_ids)})
    return {row.tenant_id: BooksConnection.from_row(row) for row in rows}


@prepared
def _books_in_use(session: AsyncSession) -> Any:
    columns = CONNECTIONS.c
    return (
        select(columns.tenant_id, columns.connection_id, columns.address, columns.state, columns.created_at)
        .where(
            one_of(session, columns.tenant_id, "tenants"),
            columns.kind == ConnectionKind.BOOKS,
            columns.state != ConnectionState.DISABLED,
        )
        .order_by(columns.created_at)
    )
