"""The arithmetic behind the figures."""

import pytest

from bench.figures import Spread, per_second, percentile, share_of_rate, table


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1.0), (50, 50.0), (95, 95.0), (99, 99.0), (99.5, 100.0), (100, 100.0)]
)
def test_a_percentile_is_the_value_at_its_rank(percent: float, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], percent) == expected


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 99) == 7.0


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_a_spread_names_count_percentiles_and_the_longest() -> None:
    spread = Spread.of([0.4, 0.1, 0.2, 0.3])

    assert (spread.count, spread.p50, spread.p95, spread.longest) == (4, 0.2, 0.4, 0.4)


def test_a_rate_counts_the_steps_between_the_moments_in_any_order() -> None:
    assert per_second([12.0, 10.0, 11.0, 10.5, 11.5]) == 2.0


def test_one_moment_has_no_rate() -> None:
    with pytest.raises(ValueError, match="two moments"):
        per_second([10.0])


def test_a_full_bucket_is_no_use_of_the_rate() -> None:
    seconds = (400 - 3) / 1.5

    assert share_of_rate(400, 3, 1.5, seconds) == pytest.approx(1.0)
    assert share_of_rate(400, 3, 1.5, 2 * seconds) == pytest.approx(0.5)


def test_a_table_aligns_its_numbers_to_the_right() -> None:
    assert table(["what", "value"], [["calls", "2"]]) == "| what | value |\n| --- | --: |\n| calls | 2 |"
