"""The schedule of a write whose repeat does no harm."""

from datetime import UTC, datetime, timedelta

from common.effects.lax import LaxSchedule
from common.effects.searches import Search
from common.settings import EffectSettings

ARMED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SCHEDULE = LaxSchedule(EffectSettings(first_look=10.0), word="unconfirmed")


def search(*, complete: bool = True, marked: tuple[str, ...] = ()) -> Search:
    begun = ARMED_AT + timedelta(seconds=10)
    return Search(begun, begun, complete, marked)


def test_one_complete_look_that_sees_nothing_is_enough_whatever_the_clocks_say() -> None:
    assert SCHEDULE.is_absent(ARMED_AT, [search()], clocks_doubted=True)


def test_a_look_that_is_not_complete_or_sees_something_says_nothing_is_absent() -> None:
    assert not SCHEDULE.is_absent(ARMED_AT, [search(complete=False)], clocks_doubted=False)
    assert not SCHEDULE.is_absent(ARMED_AT, [search(marked=("f0",))], clocks_doubted=False)
    assert not SCHEDULE.is_absent(ARMED_AT, [search(), search(complete=False)], clocks_doubted=False)


def test_rests_double_up_to_the_longest_and_never_end_in_an_error() -> None:
    rests = [SCHEDULE.rest(absent).total_seconds() for absent in (0, 1, 2, 3, 8, 9, 5000)]
    assert rests == [0, 0, 40, 80, 2560, 3600, 3600]
