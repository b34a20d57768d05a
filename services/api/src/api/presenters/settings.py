"""Versions of a merchant's settings as they are shown."""

import operator
from functools import reduce
from typing import Any

from pydantic import JsonValue

from api.schemas.settings import SettingChange, SettingsRead, SettingsVersionRead
from common.db.models.core import SettingsVersionRow
from common.domain.merchant import MerchantSettings
from common.domain.setting_blocks import changed_settings


def settings_read(row: SettingsVersionRow) -> SettingsRead:
    """One version of the settings."""
    return SettingsRead(
        id=row.settings_version_id,
        tenant_id=row.tenant_id,
        number=row.number,
        values=MerchantSettings.model_validate(row.values),
        author=row.author,
        comment=row.comment,
        created_at=row.created_at,
    )


def settings_version_read(row: SettingsVersionRow, before: SettingsVersionRow | None) -> SettingsVersionRead:
    """One version of the settings with what it changed."""
    values = MerchantSettings.model_validate(row.values)
    earlier = MerchantSettings.model_validate(before.values) if before else MerchantSettings()
    old, new = earlier.model_dump(mode="json"), values.model_dump(mode="json")
    return SettingsVersionRead(
        **settings_read(row).model_dump(),
        changes={
            name: SettingChange(before=_at(old, name), after=_at(new, name))
            for name in changed_settings(earlier, values)
        },
    )


def _at(values: dict[str, Any], name: str) -> JsonValue:
    """A setting by its name, `block.field` for one inside a block."""
    inside: JsonValue = reduce(operator.getitem, name.split("."), values)
    return inside
