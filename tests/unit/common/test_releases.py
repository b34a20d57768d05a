"""Which settings cure which reason is told by the fields that exist, never by retrying everything."""

import pytest

from common.domain.merchant import MerchantSettings
from common.domain.reasons import REASONS, Reason, ReleasedBy
from common.domain.releases import NO_CURE, changed_settings, cured_by_settings, settings_of


@pytest.mark.parametrize("reason", Reason)
def test_reason_released_by_settings_names_settings_that_exist(reason: Reason) -> None:
    fields = settings_of(reason)
    assert fields <= set(MerchantSettings.model_fields)
    assert bool(fields) or REASONS[reason].released_by is not ReleasedBy.SETTINGS
    assert not fields & NO_CURE


def test_change_of_nothing_cures_nothing_and_an_unknown_change_all_that_settings_cure() -> None:
    assert cured_by_settings(()) == ()
    by_settings = {reason.value for reason in Reason if settings_of(reason)}
    assert set(cured_by_settings(None)) == by_settings
    assert "transfer_paused" not in cured_by_settings(["category_id"])


def test_changed_settings_are_named() -> None:
    before, after = MerchantSettings(), MerchantSettings(mode="paused", category_id="c")
    assert changed_settings(before, after) == ("mode", "category_id")
    assert changed_settings(before, before) == ()
