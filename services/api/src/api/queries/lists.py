"""Plain lists: tenants, tokens, connections, dead letters, alarms, the audit log."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.access import Scope
from api.problems import (
    NotFound,
)
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


async def get_tenant(session: AsyncSession, scope: Scope, tenant_id: UUID) -> TenantRow:
    """Read the tenant; raises `NotFound` also for one outside the scope."""
    return await _only(session, _tenant(scope, tenant_id))


async def lock_tenant(session: AsyncSession, scope: Scope, tenant_id: UUID) -> TenantRow:
    """Read the tenant as the only one who changes it until the transaction ends; raises `NotFound`."""
    return await _only(session, _tenant(scope, tenant_id).with_for_update())


async def get_connection(session: AsyncSession, scope: Scope, connection_id: UUID) -> ConnectionRow:
    """Read the connection; raises `NotFound` also for one outside the scope."""
    return await _only(session, _connection(scope, connection_id))


async def lock_connection(session: AsyncSession, scope: Scope, connection_id: UUID) -> ConnectionRow:
    """Read the connection as the only one who changes it until the transaction ends; raises `NotFound`."""
    return await _only(session, _connection(scope, connection_id).with_for_update())


def _tenant(scope: Scope, tenant_id: UUID) -> Select[tuple[TenantRow]]:
    return select(TenantRow).where(TenantRow.tenant_id == tenant_id, *scope.limits(TenantRow.tenant_id))


def _connection(scope: Scope, connection_id: UUID) -> Select[tuple[ConnectionRow]]:
    return select(ConnectionRow).where(
        ConnectionRow.connection_id == connection_id, *scope.limits(ConnectionRow.tenant_id)
    )


async def _only(session: AsyncSession, query: Select[tuple[RowT]]) -> RowT:
    row = await session.scalar(query)
    if row is None:
        raise NotFound
    return row
