"""When an attempt is looked for, and what its absence means."""

from datetime import UTC, datetime, timedelta

import pytest

from common.effects.effect import Findings
from common.effects.looks import Look, LookRules, look_from_json, look_of
from common.settings import EffectSettings

ARMED = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES = LookRules(EffectSettings())
TRUST = 195.0


def at(seconds: float) -> datetime:
    return ARMED + timedelta(seconds=seconds)


def empty(seconds: float, took: float = 1.0) -> Look:
    return Look(at(seconds), at(seconds + took), complete=True)


def test_the_trust_time_is_the_sum_of_its_parts() -> None:
    assert EffectSettings().trust_time == timedelta(seconds=TRUST)


@pytest.mark.parametrize(
    ("looks", "now", "wait"),
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
def test_looks_follow_the_plan(looks: list[Look], now: float, wait: float) -> None:
    assert RULES.wait(ARMED, looks, at(now)) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("looks", "proved"),
    [
        ([], False),
        ([empty(10), empty(46), empty(190)], False),
        ([empty(194.9), empty(300)], False),
        ([empty(195)], False),
        ([empty(195), empty(225.9)], False),
        ([empty(195), empty(226)], True),
        ([empty(195, took=40), empty(226)], False),
        ([empty(195), empty(210), empty(226)], True),
        ([empty(195), Look(at(226), at(227), complete=False)], False),
        ([empty(195), Look(at(205), at(206), complete=True, unmarked=("v",)), empty(240)], False),
        ([empty(195), Look(at(205), at(206), complete=False), empty(240)], True),
    ],
)
def test_two_trusted_empty_looks_a_read_lag_apart_prove_absence(looks: list[Look], proved: bool) -> None:
    assert RULES.proves_absence(ARMED, looks) is proved


def test_a_look_survives_its_storage() -> None:
    look = look_of(at(1), 2.5, Findings(True, ("a",), ("b", "c")))
    assert look.ended_at == at(3.5)
    assert look_from_json(look.as_json()) == look
