"""Every setting says what a change of it may cure, and a block of settings is one of them."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from api.merchant_settings.merging import merged
from api.schemas.settings import SettingsValues
from common.domain.merchant import MerchantSettings
from common.domain.reasons import CURING_SETTINGS, REASONS, DocumentReason, ReleasedBy, settings_of
from common.domain.setting_blocks import (
    Cures,
    CureUnsaid,
    SettingsBlock,
    changed_settings,
    curing_settings,
    each_setting,
)


class Mails(SettingsBlock):
    """A block as a later file would bring it."""

    to: Annotated[tuple[str, ...], Cures.NOTHING] = ()
    daily: Annotated[bool, Cures.NOTHING] = False
    from_gross: Annotated[Decimal, Cures.DECISION] = Decimal(0)

    @model_validator(mode="after")
    def _somebody_reads_them(self) -> "Mails":
        if self.daily and not self.to:
            raise PydanticCustomError("nobody_to_mail", "Daily mails need an address.")
        return self


class Wider(SettingsValues):
    """The merchant's settings with the block."""

    mails: Mails = Mails()


def refused(patch: dict[str, Any]) -> list[tuple[Any, str]]:
    """Where the patch is refused, and as what."""
    with pytest.raises(RequestValidationError) as found:
        merged(Wider(), patch, Wider)
    return [(error["loc"], error["type"]) for error in found.value.errors()]


def test_every_setting_says_what_it_may_cure() -> None:
    names = {name for name, _ in each_setting(MerchantSettings)}
    assert names == set(MerchantSettings.model_fields)
    assert names - CURING_SETTINGS == {"poll_interval_seconds", "send_pdf"}


def test_a_setting_that_does_not_say_it_is_refused() -> None:
    class Silent(SettingsBlock):
        """A block whose author forgot."""

        to: str = ""

    class Settings(MerchantSettings):
        """With it."""

        silent: Silent = Silent()

    with pytest.raises(CureUnsaid, match=r"silent\.to"):
        curing_settings(Settings)


def test_every_reason_that_settings_release_is_in_reach_of_one() -> None:
    released = {reason for reason in DocumentReason if REASONS[reason].released_by is ReleasedBy.SETTINGS}
    assert released
    assert {reason for reason in released if not settings_of(reason) & CURING_SETTINGS} == set()


def test_settings_of_a_block_cure_what_each_of_them_says() -> None:
    assert curing_settings(Wider) - CURING_SETTINGS == {"mails.from_gross"}


def test_a_patch_changes_one_setting_of_a_block_and_leaves_the_others() -> None:
    before = Wider(mails=Mails(to=("a@shop.example",), daily=True))
    after = merged(before, {"mails": {"from_gross": "10.00"}}, Wider)
    assert isinstance(after, Wider)
    assert after.mails == Mails(to=("a@shop.example",), daily=True, from_gross=Decimal("10.00"))
    assert changed_settings(before, after) == ("mails.from_gross",)


def test_null_takes_the_default_of_a_setting_and_of_a_whole_block() -> None:
    before = Wider(mode="paused", mails=Mails(to=("a@shop.example",), daily=True))
    assert merged(before, {"mails": {"daily": None}}, Wider) == before.model_copy(
        update={"mails": Mails(to=("a@shop.example",))}
    )
    assert merged(before, {"mails": None}, Wider) == Wider(mode="paused")


def test_a_block_is_checked_as_a_whole_and_knows_its_names() -> None:
    assert refused({"mails": {"daily": True}}) == [(("body", "values", "mails"), "nobody_to_mail")]
    assert refused({"mails": {"dayly": True}}) == [(("body", "values", "mails", "dayly"), "extra_forbidden")]


def test_an_older_version_without_the_block_takes_its_defaults() -> None:
    stored = MerchantSettings(mode="paused").model_dump(mode="json")
    assert Wider.model_validate(stored).mails == Mails()
