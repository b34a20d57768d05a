"""Rows that others keep about connections, one for each."""

from collections.abc import Collection, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.core import ConnectionRow
from common.db.models.effects import OAuthTokenRow
from common.db.models.ingest import ShopCursorRow

RowT = TypeVar("RowT", ConnectionRow, OAuthTokenRow, ShopCursorRow)


async def rows_about(
    session: AsyncSession, table: type[RowT], ids: Sequence[UUID], tenants: Collection[UUID]
) -> dict[UUID, RowT]:
    """Find the row of each of these connections, by the connection's id."""
    if not ids:
        return {}
    query = select(table).where(table.connection_id.in_(ids), table.tenant_id.in_(tenants))
    return {row.connection_id: row for row in (await session.scalars(query)).all()}
