"""Which settings cure which reason is told by the fields that exist, never by retrying everything."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cases.model import TaxCase
from cases.page import CASES
from common.domain.merchant import INCOME_CATEGORY, MerchantSettings
from common.domain.reasons import (
    CURED_BY_PROFILE,
    CURING_SETTINGS,
    REASONS,
    DocumentReason,
    ReleasedBy,
    cured_by_settings,
    settings_of,
)
from common.domain.setting_blocks import changed_settings
from common.domain.verdicts import Decision, Park
from factories.documents import LIABILITY_CATEGORY, ZERO_CATEGORY

PROFILES: tuple[dict[str, Any], ...] = (
    {"small_business": True},
    {"small_business": False},
    {"tax_type": "net"},
    {"distance_sales_principle": "ORIGIN"},
    {"distance_sales_principle": "DESTINATION"},
)
CHOICES: tuple[tuple[str, Any], ...] = (
    ("sells", "goods"),
    ("sells", "services"),
    ("service_tax_classes", ()),
    ("service_tax_classes", ("Digital",)),
    ("distance_sales", "by_profile"),
    ("oss_since", None),
    ("oss_since", "2020-01-01"),
    ("oss_since", "2026-12-31"),
    ("domestic_zero_to_companies", "zero_rate"),
    ("domestic_zero_to_companies", "reverse_charge"),
    ("domestic_zero_category_id", ZERO_CATEGORY),
    ("margin_category_id", ZERO_CATEGORY),
    ("zero_rates", ({"voucher": True, "category_id": LIABILITY_CATEGORY},)),
    ("company_only_category_ids", ()),
    ("category_id", INCOME_CATEGORY),
    ("contacts", "collective"),
)
PARKED = [case for case in CASES if isinstance(case.decide(), Park)]


def reason_of(case: TaxCase) -> DocumentReason:
    """Why the row is parked."""
    verdict = case.decide()
    assert isinstance(verdict, Park)
    return verdict.reason


def with_profile(case: TaxCase) -> Iterator[TaxCase]:
    """The row with every other profile."""
    for change in PROFILES:
        yield replace(case, seller=replace(case.seller, profile={**case.seller.profile, **change}))


def test_what_another_profile_would_book_is_released_when_the_profile_changes() -> None:
    cured = {
        reason_of(case).value
        for case in PARKED
        for changed in with_profile(case)
        if isinstance(changed.decide(), Decision)
    }
    assert {"zero_rate_unmapped", "vat_id_missing", "distance_sales_unset"} <= cured <= set(CURED_BY_PROFILE)


def test_what_a_choice_would_book_is_released_when_it_is_made() -> None:
    cures = [
        (reason_of(case), name)
        for case in PARKED
        for name, value in CHOICES
        if isinstance(
            replace(
                case, seller=replace(case.seller, settings={**case.seller.settings, name: value})
            ).decide(),
            Decision,
        )
    ]
    assert (DocumentReason.GOODS_AND_SERVICES_MIXED, "service_tax_classes") in cures
    assert [cure for cure in cures if cure[1] not in settings_of(cure[0])] == []


@pytest.mark.parametrize("reason", DocumentReason)
def test_reason_released_by_settings_names_settings_that_exist(reason: DocumentReason) -> None:
    fields = settings_of(reason)
    assert fields <= set(MerchantSettings.model_fields)
    assert bool(fields) or REASONS[reason].released_by is not ReleasedBy.SETTINGS
    assert fields <= CURING_SETTINGS


def test_change_of_nothing_cures_nothing_and_an_unknown_change_all_that_settings_cure() -> None:
    assert cured_by_settings(()) == ()
    by_settings = {reason.value for reason in DocumentReason if settings_of(reason)}
    assert set(cured_by_settings(None)) == by_settings
    assert "transfer_paused" not in cured_by_settings(["category_id"])


def test_changed_settings_are_named() -> None:
    before, after = MerchantSettings(), MerchantSettings(mode="paused", category_id="c")
    assert changed_settings(before, after) == ("mode", "category_id")
    assert changed_settings(before, before) == ()
