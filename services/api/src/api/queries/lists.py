"""Plain lists: tenants, tokens, connections, dead letters, alarms, the audit log."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.access import Scope
from api.queries.paging import Pager

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
