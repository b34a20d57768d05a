"""Settings put in force: checked against what was there, written down, and what they may cure released."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal, audit, lock_tenant
from api.commands import release_parked
from api.merchant_settings.categories import require_fit
from api.merchant_settings.versions import SettingsRepository
from common.db.models.core import SettingsVersionRow
from common.domain.merchant import MerchantSettings
from common.domain.reasons import CURING_SETTINGS
from common.domain.setting_blocks import changed_settings
from common.events.commands import ReleaseCause


@dataclass(frozen=True, slots=True)
class Saving:
    """A change of one tenant's settings in one transaction; others wait for its end at the tenant's row."""

    session: AsyncSession
    editor: Principal
    tenant_id: UUID
    newest: SettingsVersionRow

    @classmethod
    async def begin(cls, session: AsyncSession, editor: Principal, tenant_id: UUID) -> "Saving":
        """Lock the version in force: it stays the newest until the end of the transaction."""
        await lock_tenant(session, editor.own(tenant_id), tenant_id)
        return cls(session, editor, tenant_id, await SettingsRepository(session, tenant_id).newest())

    @property
    def in_force(self) -> MerchantSettings:
        """The settings of the newest version."""
        return MerchantSettings.model_validate(self.newest.values)

    async def save(self, values: MerchantSettings, comment: str | None) -> SettingsVersionRow:
        """Put the values in force as a new version, and ask to decide again what they may have freed.

        Raises `InvalidRequest` for a category that the books do not have or that takes no sales.
        """
        await require_fit(self.session, self.tenant_id, self.in_force, values)
        changed = changed_settings(self.in_force, values)
        row = await SettingsRepository(self.session, self.tenant_id).add(
            values, author=self.editor.actor, comment=comment
        )
        await audit.note(
            self.session, self.editor, "settings.saved", self.tenant_id, number=row.number, changed=[*changed]
        )
        if not CURING_SETTINGS.isdisjoint(changed):
            await release_parked(self.session, self.tenant_id, ReleaseCause.SETTINGS, settings=changed)
        return row
