"""The settings in force of a tenant."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import one_of, prepared
from common.db.models.base import table
from common.db.models.core import SettingsVersionRow
from common.domain.merchant import MerchantSettings, SettingsVersion

VERSIONS = table(SettingsVersionRow)
NONE_YET = SettingsVersion(id=UUID(int=0), number=0, values=MerchantSettings())


async def newest_settings(session: AsyncSession, tenant_id: UUID) -> SettingsVersion:
    """Read the version with the highest number; before the first one the defaults, as number 0."""
    return (await newest_settings_of(session, [tenant_id]))[tenant_id]


async def newest_settings_of(
    session: AsyncSession, tenant_ids: Collection[UUID]
) -> Mapping[UUID, SettingsVersion]:
    """As `newest_settings` for each of these tenants."""
    rows = await session.execute(_newest(session), {"tenants": list(tenant_ids)})
    found = {
        row.tenant_id: SettingsVersion(
            id=row.settings_version_id, number=row.number, values=MerchantSettings.model_validate(row.values)
        )
        for row in rows
    }
    return {tenant_id: found.get(tenant_id, NONE_YET) for tenant_id in tenant_ids}


@prepared
def _newest(session: AsyncSession) -> Any:
    mine = one_of(session, VERSIONS.c.tenant_id, "tenants")
    newest = (
        select(VERSIONS.c.tenant_id, func.max(VERSIONS.c.number).label("number"))
        .where(mine)
        .group_by(VERSIONS.c.tenant_id)
        .subquery()
    )
    is_newest = (VERSIONS.c.tenant_id == newest.c.tenant_id) & (VERSIONS.c.number == newest.c.number)
    return select(VERSIONS).join(newest, is_newest)
