"""How long to wait before the next try."""

import random

import pytest

from common.backoff import Backoff


def test_pauses_double_with_each_failed_try_up_to_the_longest() -> None:
    pauses = Backoff(first=5.0, longest=60.0)
    assert [pauses.seconds(earlier) for earlier in (0, 1, 2, 3, 4, 50)] == [5, 10, 20, 40, 60, 60]


def test_no_number_of_failures_is_too_much_to_count() -> None:
    assert Backoff(first=1.0, longest=300.0).seconds(100_000) == 300.0


@pytest.mark.parametrize(("jitter", "least"), [(0.25, 7.5), (0.5, 5.0), (1.0, 0.0)])
def test_jitter_is_the_part_of_a_pause_that_is_drawn(
    jitter: float, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = Backoff(first=10.0, longest=10.0, jitter=jitter)
    monkeypatch.setattr(random, "uniform", lambda lowest, _highest: lowest)
    assert pauses.seconds(3) == least
    monkeypatch.setattr(random, "uniform", lambda _lowest, highest: highest)
    assert pauses.seconds(3) == 10.0


def test_without_jitter_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda *_: pytest.fail("drawn"))
    assert Backoff(first=1.0, longest=8.0).seconds(2) == 4.0
