"""An operator takes a shop or books from a tenant, so that another may link them."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal, audit
from api.connections.evidence import known_root
from api.connections.linking import ConnectionRepository
from common.db.dialect import db_now, insert
from common.db.models.core import RELEASED, ConnectionRow, ReleaseRow


async def release(session: AsyncSession, operator: Principal, row: ConnectionRow, reason: str) -> None:
    """The connection is out of use for its tenant, and who released it, when and why is on record."""
    if row.state_reason == RELEASED:
        return
    before = row.state
    await ConnectionRepository(session, row.tenant_id).release(row)
    await session.execute(
        insert(session, ReleaseRow).values(
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            kind=row.kind,
            root=known_root(row),
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
