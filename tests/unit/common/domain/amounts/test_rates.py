"""VAT rates of the member states by day of supply; the table itself is sound."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from common.domain.amounts import is_covered, is_rate_of, is_rate_on, state_of
from common.domain.amounts.rates import RatePeriod, UnsoundRates, rates, read_rates
from common.domain.buyers.country_codes import MEMBER_STATES

OSS_START = date(2021, 7, 1)


@pytest.mark.parametrize(
    ("country", "first", "before", "after"),
    [
        ("DE", date(2020, 7, 1), {19, 7}, {16, 5}),
        ("DE", date(2021, 1, 1), {16, 5}, {19, 7}),
        ("SK", date(2025, 1, 1), {20, 10, 5}, {23, 19, 5}),
        ("EE", date(2024, 1, 1), {20, 9, 5}, {22, 9, 5}),
        ("EE", date(2025, 7, 1), {22, 13, 9}, {24, 13, 9}),
        ("RO", date(2025, 8, 1), {19, 9, 5}, {21, 11}),
        ("FI", date(2024, 9, 1), {24, 14, 10}, {Decimal("25.5"), 14, 10}),
        ("FI", date(2026, 1, 1), {Decimal("25.5"), 14, 10}, {Decimal("25.5"), Decimal("13.5"), 10}),
        ("LT", date(2026, 1, 1), {21, 9, 5}, {21, 12, 5}),
        ("LU", date(2023, 1, 1), {17, 14, 8, 3}, {16, 13, 7, 3}),
        ("LU", date(2024, 1, 1), {16, 13, 7, 3}, {17, 14, 8, 3}),
        ("IE", date(2021, 3, 1), {21, Decimal("13.5"), 9}, {23, Decimal("13.5"), 9}),
        ("CZ", date(2024, 1, 1), {21, 15, 10}, {21, 12}),
        ("AT", date(2026, 7, 1), {20, 13, 10}, {20, 13, 10, Decimal("4.9")}),
        ("PT_MADEIRA", date(2024, 10, 1), {22, 12, 5, 23, 13, 6}, {22, 12, 4, 23, 13, 6}),
        ("PT_AZORES", date(2021, 7, 1), {18, 9, 4, 23}, {16, 9, 4, 23}),
    ],
)  # fmt: skip
def test_a_change_holds_from_its_day_and_not_the_day_before_r23(
    country: str, first: date, before: set[Decimal], after: set[Decimal]
) -> None:
    last = first - timedelta(days=1)
    for rate in before | after:
        assert is_rate_on(country, Decimal(rate), last) is (rate in before), (rate, last)
        assert is_rate_on(country, Decimal(rate), first) is (rate in after), (rate, first)


def test_every_member_state_has_rates_since_the_one_stop_shop_began_r23() -> None:
    states = {key: periods for key, periods in rates().items() if key == state_of(key)}
    assert set(states) == MEMBER_STATES | {"XI"}
    assert {state_of(key) for key in rates()} == set(states)
    for country, periods in states.items():
        assert periods[0].first <= OSS_START, country
        assert periods[-1].last is None, country
        assert sum(period.covers(OSS_START) for period in periods) == 1, country
        assert all(max(period.rates) >= 15 for period in periods), country  # Directive 2006/112/EC art. 97


def test_rates_are_those_of_the_country_alone() -> None:
    assert [rate for rate in range(101) if is_rate_of("DE", Decimal(rate))] == [5, 7, 16, 19]
    assert not is_rate_of("AT", Decimal(19))
    assert not is_rate_of("CH", Decimal("8.1"))
    assert not is_rate_on("DE", Decimal(19), date(2006, 12, 31))
    assert not is_rate_of("", Decimal(19))


def test_a_region_has_rates_beside_those_of_its_state_and_a_gap_is_told_from_a_wrong_rate_r57() -> None:
    assert is_rate_on("AT_BORDER", Decimal(19), OSS_START) and is_rate_on("AT_BORDER", Decimal(20), OSS_START)
    assert not is_rate_on("AT", Decimal(19), OSS_START)
    assert is_covered("FR", OSS_START) and is_covered("FR_CORSICA", OSS_START)
    assert not is_covered("FR", date(2020, 12, 31))
    assert not is_covered("CH", OSS_START)


def test_every_entry_names_its_source() -> None:
    assert all(period.source.strip() for periods in rates().values() for period in periods)


def entry(first: date, last: date | None, *numbers: str, source: str = "law") -> dict[str, object]:
    values: dict[str, object] = {"first": first, "rates": list(numbers), "source": source}
    return values if last is None else values | {"last": last}


A, B, C = date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([], "no rates for today"),
        ([entry(A, B, "20")], "no rates for today"),
        ([entry(A, B, "20"), entry(date(2025, 1, 2), None, "21")], "does not follow"),
        ([entry(A, B, "20"), entry(B, None, "21")], "does not follow"),
        ([entry(A, None, "20"), entry(C, None, "21")], "does not follow"),
        ([entry(A, None)], "no rates or no source"),
        ([entry(A, None, "0")], "no rates or no source"),
        ([entry(A, None, "100")], "no rates or no source"),
        ([entry(A, None, "20", source="")], "no rates or no source"),
        ([entry(B, A, "20"), entry(date(2024, 1, 2), None, "20")], "ends before it begins"),
    ],
)
def test_an_unsound_table_is_refused(entries: list[dict[str, object]], problem: str) -> None:
    with pytest.raises(UnsoundRates, match=f"AT: .*{problem}"):
        read_rates({"AT": entries})


def test_a_period_of_one_day_is_sound() -> None:
    periods = read_rates({"AT": [entry(A, A, "99", "1"), entry(date(2024, 1, 2), None, "20")]})["AT"]
    assert periods[0] == RatePeriod(A, A, frozenset({Decimal(99), Decimal(1)}), "law")
    assert periods[0].covers(A)
    assert not periods[0].covers(date(2024, 1, 2))
