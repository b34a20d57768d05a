"""R31: when a small business is warned about its turnover (§ 19 UStG)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.domain.money import Money
from common.domain.turnover import TURNOVER_TEXTS, Turnover, TurnoverCode, german_year, turnover_warnings


def codes(previous: str, current: str) -> list[str]:
    """The warnings of a year with these turnovers."""
    years = Turnover(2025, Money.of(previous)), Turnover(2026, Money.of(current))
    return [warning.code.value for warning in turnover_warnings(*years)]


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ("-50.00", []),
        ("22499.99", []),
        ("22500.00", ["lower_limit_near"]),
        ("25000.00", ["lower_limit_near"]),
        ("25000.01", ["lower_limit_exceeded"]),
        ("89999.99", ["lower_limit_exceeded"]),
        ("90000.00", ["lower_limit_exceeded", "upper_limit_near"]),
        ("100000.00", ["lower_limit_exceeded", "upper_limit_near"]),
        ("100000.01", ["lower_limit_exceeded", "upper_limit_exceeded"]),
    ],
)
def test_r31_limits_of_the_current_year_hold_to_the_cent(current: str, expected: list[str]) -> None:
    assert codes("0.00", current) == expected


@pytest.mark.parametrize(
    ("previous", "expected"),
    [("24999.99", []), ("25000.00", []), ("25000.01", ["previous_year_exceeded"])],
)
def test_r31_a_previous_year_above_the_lower_limit_ends_the_rule(previous: str, expected: list[str]) -> None:
    assert codes(previous, "0.00") == expected


def test_r31_a_warning_names_the_year_and_limit_it_is_about() -> None:
    found = turnover_warnings(Turnover(2025, Money(25_000_01)), Turnover(2026, Money(90_000_00)))
    assert [(warning.turnover.year, warning.limit.minor) for warning in found] == [
        (2025, 25_000_00),
        (2026, 25_000_00),
        (2026, 100_000_00),
    ]


def test_r31_the_year_changes_at_midnight_in_germany() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))).astimezone(UTC)
    assert german_year(midnight) == 2026
    assert german_year(midnight - timedelta(microseconds=1)) == 2025


@pytest.mark.parametrize("code", TurnoverCode)
def test_every_warning_says_in_both_languages_what_to_do(code: TurnoverCode) -> None:
    text = TURNOVER_TEXTS[code]
    limit = "100" if code.value.startswith("upper") else "25"
    assert f"{limit}.000 Euro" in text.cause_de
    assert f"{limit},000 euros" in text.cause_en
    assert text.remedy_de and text.remedy_en
