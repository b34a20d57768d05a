"""When sweeps are due, how fast they may go, how long failures wait, and where a cursor may move."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from common.domain.stored_words import SweepKind
from ingest.polling.order_list import ListProgress
from ingest.polling.run import cursor_after
from ingest.polling.schedule import last_night, next_sweep
from ingest.polling.state import FREE_CALLS, CursorProgress, Sweep

SHOP = UUID("6f0c7a3e-52f5-4a0f-9d0e-0c5b8a4f2d12")
NOON = datetime(2025, 3, 5, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NIGHTLY, WEEKLY = SweepKind.NIGHTLY, SweepKind.WEEKLY


@pytest.mark.parametrize(
    ("nightly", "weekly", "kind"),
    [
        (NOON, NOON, None),
        (NOON - timedelta(hours=6), NOON, None),
        (NOON - DAY, NOON, NIGHTLY),
        (NOON - DAY, NOON - 20 * DAY, NIGHTLY),
        (NOON, NOON - 6 * DAY, None),
        (NOON, NOON - 8 * DAY, WEEKLY),
        (None, None, NIGHTLY),
    ],
)
def test_a_sweep_is_due_once_per_night_and_once_per_week(
    nightly: datetime | None, weekly: datetime | None, kind: SweepKind | None
) -> None:
    progress = CursorProgress(NOON, last_nightly_at=nightly, last_weekly_at=weekly)
    sweep = next_sweep(progress, SHOP, NOON)
    assert (sweep and sweep.kind) == kind


def test_a_sweep_under_way_goes_on_before_another_begins() -> None:
    under_way = Sweep(WEEKLY, NOON - timedelta(hours=1), 7, 3)
    assert next_sweep(CursorProgress(NOON, sweep=under_way), SHOP, NOON) == under_way


def test_nightly_work_is_spread_over_the_night() -> None:
    hours = set()
    for number in range(300):
        due = last_night(NOON, UUID(int=number))
        assert NOON - DAY < due <= NOON
        hours.add(due.hour)
    assert hours == {0, 1, 2}  # 1 to 4 o'clock in Berlin, in UTC


def test_a_sweep_is_held_below_its_calls_per_hour() -> None:
    sweep = Sweep(WEEKLY, NOON, 0, 500)
    assert sweep.allowance(NOON, 1000) == FREE_CALLS - 500
    assert sweep.allowance(NOON + timedelta(minutes=30), 1000) == FREE_CALLS
    assert sweep.allowance(NOON + timedelta(hours=1), 1000) == FREE_CALLS + 500


def test_sweeps_reach_back_two_days_and_ninety() -> None:
    assert Sweep(NIGHTLY, NOON).query.updated_from == NOON - timedelta(hours=48)
    assert Sweep(WEEKLY, NOON).query.created_after == NOON - timedelta(days=90)


def test_the_cursor_follows_the_shops_clock_at_the_beginning_of_the_run() -> None:
    began, newest = NOON, NOON + timedelta(minutes=3)
    assert cursor_after(NOON - DAY, ListProgress(complete=True, started_at=began, newest=newest)) == began


def test_without_the_shops_clock_the_cursor_moves_to_what_was_seen_and_never_back() -> None:
    assert cursor_after(NOON, ListProgress(complete=True, newest=NOON + DAY)) == NOON + DAY
    assert cursor_after(NOON, ListProgress(complete=True, newest=NOON - DAY)) == NOON
    assert cursor_after(NOON, ListProgress(complete=True)) == NOON
