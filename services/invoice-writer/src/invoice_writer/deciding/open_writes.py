"""What was decided for a voucher that is perhaps in the books: the decision its write was armed with."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.effects import AttemptRow
from common.effects.attempts import UNRESOLVED

SETTINGS_VERSION = "settings_version_id"


async def open_decision(session: AsyncSession, tenant_id: UUID, key: str) -> Mapping[str, Any] | None:
    """Find the decision of the write nobody knows the end of, with its settings version."""
    query = (
        select(AttemptRow.decision)
        .where(
            AttemptRow.effect_key == key,
            AttemptRow.tenant_id == tenant_id,
            AttemptRow.state.in_(UNRESOLVED),
        )
        .order_by(AttemptRow.number.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()
