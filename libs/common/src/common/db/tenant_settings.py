"""The settings in force of a tenant."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.core import SettingsVersionRow
from common.domain.merchant import MerchantSettings, SettingsVersion

NONE_YET = SettingsVersion(id=UUID(int=0), number=0, values=MerchantSettings())


async def newest_settings(session: AsyncSession, tenant_id: UUID) -> SettingsVersion:
    """The version with the highest number; before the first one the defaults, as number 0."""
    query = (
        select(SettingsVersionRow)
        .where(SettingsVersionRow.tenant_id == tenant_id)
        .order_by(SettingsVersionRow.number.desc())
        .limit(1)
    )
    row = await session.scalar(query)
    if row is None:
        return NONE_YET
    values = MerchantSettings.model_validate(row.values)
    return SettingsVersion(id=row.settings_version_id, number=row.number, values=values)
