"""Who changed what: one row per change, in the change's own transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.auth import Principal
from common.db.dialect import db_now, insert
from common.db.models.core import AuditRow


async def note(
    session: AsyncSession, principal: Principal, action: str, tenant_id: UUID | None, **details: Any
) -> None:
    """Add an entry to the audit log; details name fields and ids, never secrets."""
    await session.execute(
        insert(session, AuditRow).values(
            tenant_id=tenant_id, actor=principal.actor, action=action, details=details, created_at=db_now()
        )
    )
