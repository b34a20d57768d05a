"""A tenant's settings: every change is a new version, the highest number is in force."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import (
    NotFound,
)
from common.db.dialect import db_now, insert
from common.db.models.core import SettingsVersionRow
from common.domain.merchant import MerchantSettings


class SettingsRepository:
    """Settings versions of one tenant; the caller holds the tenant's row when it adds one."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id

    async def newest(self) -> SettingsVersionRow:
        """Read the version in force; raises `NotFound` when there is none yet."""
        row = await self._session.scalar(
            select(SettingsVersionRow)
            .where(SettingsVersionRow.tenant_id == self._tenant_id)
            .order_by(SettingsVersionRow.number.desc())
            .limit(1)
        )
        if row is None:
            raise NotFound
        return row

    async def values_in_force(self) -> MerchantSettings:
        """Read what is in force; the defaults before the first version."""
        try:
            return MerchantSettings.model_validate((await self.newest()).values)
        except NotFound:
            return MerchantSettings()

    async def before(self, row: SettingsVersionRow) -> SettingsVersionRow | None:
        """Find the version that was in force before; None for the first."""
        earlier: SettingsVersionRow | None = await self._session.scalar(
            select(SettingsVersionRow)
            .where(SettingsVersionRow.tenant_id == self._tenant_id, SettingsVersionRow.number < row.number)
            .order_by(SettingsVersionRow.number.desc())
            .limit(1)
        )
        return earlier

    async def get(self, number: int) -> SettingsVersionRow:
        """Read the version of that number; raises `NotFound`."""
        row = await self._session.scalar(
            select(SettingsVersionRow).where(
                SettingsVersionRow.tenant_id == self._tenant_id, SettingsVersionRow.number == number
            )
        )
        if row is None:
            raise NotFound
        return row

    async def add(self, values: MerchantSettings, *, author: str, comment: str | None) -> SettingsVersionRow:
        """Put a new version in force."""
        newest = await self._session.scalar(
            select(SettingsVersionRow.number)
            .where(SettingsVersionRow.tenant_id == self._tenant_id)
            .order_by(SettingsVersionRow.number.desc())
            .limit(1)
        )
        number = (newest or 0) + 1
        await self._session.execute(
            insert(self._session, SettingsVersionRow).values(
                settings_version_id=uuid4(),
                tenant_id=self._tenant_id,
                number=number,
                values=values.model_dump(mode="json"),
                author=author,
                comment=comment,
                created_at=db_now(),
            )
        )
        return await self.get(number)
