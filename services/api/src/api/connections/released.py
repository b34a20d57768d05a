"""An operator takes a shop or books from a tenant, so that another may link them."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal, audit
from api.connections.linking import ConnectionRepository
from common.db.dialect import db_now, insert
from common.db.models.core import ConnectionRow, ReleaseRow
from common.domain.stored_words import StateReason


async def release(
    session: AsyncSession, operator: Principal, row: ConnectionRow, place: str, reason: str
) -> None:
    """Take the connection, which leads to this place, out of use; who did it, when and why is on record."""
    if row.state_reason == StateReason.RELEASED:
        return
    before = row.state
    await ConnectionRepository(session, row.tenant_id).release(row)
    await session.execute(
        insert(session, ReleaseRow).values(
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            kind=row.kind,
            root=place,
            actor=operator.actor,
            reason=reason,
            created_at=db_now(),
        )
    )
    await audit.note(
        session,
        operator,
        "connection.released",
        row.tenant_id,
        connection_id=str(row.connection_id),
        kind=row.kind,
        before=before,
        reason=reason,
    )
