"""The tenant or connection that a request names, if it may: read, or locked for a change."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.auth import Scope
from api.problems import NotFound
from common.db.models.base import Base
from common.db.models.core import ConnectionRow, TenantRow

RowT = TypeVar("RowT", bound=Base)


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
