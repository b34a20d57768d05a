"""Plain lists: tenants, tokens, connections, dead letters, alarms, the audit log."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.access import Scope
from api.http import NotFound
from api.queries.paging import Pager
from common.db.models.base import Base
from common.db.models.core import ConnectionRow, TenantRow

RowT = TypeVar("RowT", bound=Base)
Column = InstrumentedAttribute[Any]


async def list_rows(
    session: AsyncSession,
    scope: Scope,
    pager: Pager,
    by: tuple[Column, Column],
    tenant_column: Column,
    conditions: Sequence[ColumnElement[bool]] = (),
    context: Any = None,
) -> tuple[list[Any], str | None]:
    """List one page of a table in scope, newest first; `by` ends with the table's key."""
    table = by[1].class_
    query = select(table, *by).where(*scope.limits(tenant_column), *conditions)
    rows, cursor = await pager.newest_first(session, query, by, [scope.tenant_id, context])
    return [row[0] for row in rows], cursor


async def get_tenant(
    session: AsyncSession, scope: Scope, tenant_id: UUID, *, lock: bool = False
) -> TenantRow:
    """Read the tenant; raises `NotFound` also outside the scope. `lock` queues those who change it."""
    query = select(TenantRow).where(TenantRow.tenant_id == tenant_id, *scope.limits(TenantRow.tenant_id))
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound
    return row


async def get_connection(
    session: AsyncSession, scope: Scope, connection_id: UUID, *, lock: bool = False
) -> ConnectionRow:
    """Read the connection; raises `NotFound` also for one outside the scope."""
    query = select(ConnectionRow).where(
        ConnectionRow.connection_id == connection_id, *scope.limits(ConnectionRow.tenant_id)
    )
    row = await session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound
    return row
