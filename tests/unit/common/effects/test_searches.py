"""When an attempt is looked for, and what its absence means."""

from datetime import UTC, datetime, timedelta

import pytest

from common.effects.effect import SearchResult
from common.effects.searches import ReconcileSchedule, Search, search_from_json, search_of
from common.effects.witness import Witnessed
from common.settings import EffectSettings

ARMED = datetime(2026, 3, 2, 12, tzinfo=UTC)
SCHEDULE = ReconcileSchedule(EffectSettings())
TRUST = 195.0


def at(seconds: float) -> datetime:
    return ARMED + timedelta(seconds=seconds)


def seen(seconds: float, took: float = 1.0, *, known: float | None = None, by: str = "one") -> Witnessed:
    """The search of a process that saw the attempt being armed, or has known it for so long only."""
    known_for = seconds if known is None else known
    return Witnessed(by=by, known_for=known_for, started=1000.0 + seconds, ended=1000.0 + seconds + took)


def empty(seconds: float, took: float = 1.0, *, known: float | None = None, by: str = "one") -> Search:
    witness = seen(seconds, took, known=known, by=by)
    return Search(at(seconds), at(seconds + took), complete=True, witness=witness)


def test_the_trust_time_is_the_sum_of_its_parts() -> None:
    assert EffectSettings().trust_time == timedelta(seconds=TRUST)


@pytest.mark.parametrize(
    ("searches", "now", "wait"),
    [
        ([], 0, 10),
        ([], 10, 0),
        ([], 300, 0),
        ([empty(10)], 12, 33),
        ([empty(10)], 45, 0),
        ([empty(10), empty(46)], 60, TRUST - 60),
        ([empty(10), empty(46)], TRUST, 0),
        ([empty(200)], 202, 29),
        ([empty(200)], 231, 0),
        ([empty(200), empty(231)], 400, 0),
    ],
)
def test_searches_follow_the_plan(searches: list[Search], now: float, wait: float) -> None:
    assert SCHEDULE.wait(ARMED, searches, at(now)) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("searches", "proved"),
    [
        ([], False),
        ([empty(10), empty(46), empty(190)], False),
        ([empty(194.9), empty(300)], False),
        ([empty(195)], False),
        ([empty(195), empty(225.9)], False),
        ([empty(195), empty(226)], True),
        ([empty(195, known=189.9), empty(226)], False),
        ([empty(195, known=190), empty(226, known=221)], True),
        ([empty(195), empty(226, by="another")], False),
        ([empty(195), empty(205, by="another"), empty(226)], True),
        ([empty(195), empty(205, by="another"), empty(240, by="another")], True),
        ([Search(at(195), at(196), complete=True), Search(at(226), at(227), complete=True)], False),
        ([empty(195, took=40), empty(226)], False),
        ([empty(195), empty(210), empty(226)], True),
        ([empty(195), Search(at(226), at(227), complete=False)], False),
        ([empty(195), Search(at(205), at(206), complete=True, unmarked=("v",)), empty(240)], False),
        ([empty(195), Search(at(205), at(206), complete=False), empty(240)], True),
    ],
)
def test_two_trusted_empty_searches_of_one_process_a_read_lag_apart_prove_absence(
    searches: list[Search], proved: bool
) -> None:
    assert SCHEDULE.proves_absence(ARMED, searches) is proved


def test_a_clock_of_the_database_that_was_set_forward_proves_nothing() -> None:
    """A minute after arming it says that five have passed."""
    searches = [empty(300, known=60), empty(340, known=100)]
    assert not SCHEDULE.proves_absence(ARMED, searches)
    stepped = [Search(at(300), at(301), complete=True, witness=seen(200)) for _ in range(2)]
    assert not SCHEDULE.proves_absence(ARMED, stepped)


def test_a_search_survives_its_storage() -> None:
    search = search_of(at(1), seen(1, 2.5), SearchResult(True, ("a",), ("b", "c"), ("d",)))
    assert search.ended_at == at(3.5)
    assert search_from_json(search.as_json()) == search


def test_a_search_of_the_release_before_has_no_witness() -> None:
    stored = Search(at(1), at(2), complete=True).as_json()
    del stored["witness"], stored["elsewhere"]
    assert search_from_json(stored) == Search(at(1), at(2), complete=True)
