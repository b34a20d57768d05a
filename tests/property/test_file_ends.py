"""What each end of an upload or a look means for the file of a voucher, and when the next try is."""

from datetime import timedelta
from itertools import repeat
from uuid import uuid4

import pytest

from common.errors import ConnectorError
from common.http.errors import NotFound, OutcomeLost, RateLimited, RateLimitWait, Unreachable
from common.later import Later
from common.lexware.answers import Issue
from common.lexware.errors import AccessDenied, ConnectionRests, FileRejected, VoucherRejected
from support.file_world import (
    AT_ONCE,
    LOOK_AFTER,
    MOST_UPLOADS,
    FileAttached,
    FileRefused,
    FileResult,
    FileWorld,
    calm_world,
)

LOST = OutcomeLost("no answer")
UNCONFIRMED = "file_unconfirmed"


async def test_a_lost_answer_is_found_by_a_look_and_the_file_is_not_sent_again() -> None:
    world = calm_world()
    assert await lost(world, committed=True) == Later(timedelta(seconds=LOOK_AFTER), UNCONFIRMED)
    world.now += LOOK_AFTER
    assert await world.ensure() == FileAttached("f0")
    assert (len(world.uploads), len(world.looks)) == (1, 1)


async def test_nothing_is_asked_before_a_look_can_tell() -> None:
    world = calm_world()
    await lost(world)
    world.now += 4
    assert await world.ensure() == Later(timedelta(seconds=6), UNCONFIRMED)
    assert (len(world.uploads), world.steps[-1]) == (1, "read")


async def test_uploads_that_left_no_file_are_repeated_at_once_then_later_and_later_until_a_person_asks() -> (
    None
):
    world = calm_world()
    world.on_upload = repeat(LOST)
    pauses = []
    while isinstance(result := await world.ensure(), Later):
        pauses.append(result.after.total_seconds())
        world.now += pauses[-1]
    rests = [min(LOOK_AFTER * 2**absent, 3600) for absent in range(AT_ONCE - 1, MOST_UPLOADS)]
    at_once = [LOOK_AFTER] * (AT_ONCE - 1)
    assert pauses == [*at_once, *(pause for rest in rests for pause in (LOOK_AFTER, rest))]
    assert result == FileRefused("attempts_used_up")
    assert len(world.uploads) == len(world.looks) == MOST_UPLOADS
    world.on_upload = iter(())
    assert await world.ensure() == FileRefused("attempts_used_up")
    assert await world.ensure(asked_for=True) == FileAttached("f0")


async def test_what_a_person_asked_for_rests_too_when_it_left_no_file() -> None:
    world = calm_world()
    world.on_upload = repeat(LOST)
    while isinstance(result := await world.ensure(), Later):
        world.now += result.after.total_seconds()
    assert await world.ensure(asked_for=True) == Later(timedelta(seconds=LOOK_AFTER), UNCONFIRMED)
    world.now += LOOK_AFTER
    assert await world.ensure(asked_for=True) == Later(timedelta(hours=1), UNCONFIRMED)


async def test_uploads_lost_in_weather_that_meets_all_are_not_counted() -> None:
    world = calm_world()
    weather = OutcomeLost("no answer")
    weather.waits_for = uuid4()
    world.on_upload = repeat(weather)
    for _ in range(MOST_UPLOADS + 2):
        assert await world.ensure() == Later(timedelta(seconds=LOOK_AFTER), UNCONFIRMED)
        world.now += LOOK_AFTER
    assert len(world.uploads) == MOST_UPLOADS + 2


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (FileRejected("406", [Issue(key="inacceptable_file_extension", source="file")]), None),
        (
            FileRejected("406", [Issue(key="invalid_value", source="voucherStatus")]),
            FileRefused("voucher_locked"),
        ),
        (
            FileRejected("406", [Issue(key="invalid_value", source="voucherDate")]),
            FileRefused("voucher_locked"),
        ),
        (AccessDenied("403"), Later(timedelta(minutes=5), AccessDenied.code)),
        (NotFound("404"), Later(timedelta(seconds=2), NotFound.code)),
        (RateLimited(retry_after=timedelta(seconds=7)), Later(timedelta(seconds=7), RateLimited.code)),
    ],
    ids=["rejected", "locked_status", "locked_date", "denied", "not_visible", "limited"],
)
async def test_a_refused_upload_is_told_or_waits_and_needs_no_look(
    error: ConnectorError, result: FileResult | None
) -> None:
    world = calm_world()
    world.on_upload = iter([error])
    assert await world.ensure() == (result or FileRefused(error.told))
    assert await world.ensure() == FileAttached("f0")
    assert world.looks == []


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (AccessDenied("403"), Later(timedelta(minutes=5), AccessDenied.code)),
        (
            RateLimitWait("full", retry_after=timedelta(seconds=3)),
            Later(timedelta(seconds=3), RateLimitWait.code),
        ),
        (Unreachable("no answer"), Later(timedelta(seconds=1), Unreachable.code)),
    ],
    ids=["denied", "limited", "unreachable"],
)
async def test_what_keeps_an_upload_from_being_armed_leaves_no_attempt(
    error: ConnectorError, result: FileResult
) -> None:
    world = calm_world()
    world.on_prepare = [error]
    assert await world.ensure() == result
    assert world.attempts.rows == {}


@pytest.mark.parametrize(
    ("age", "error", "result"),
    [
        (10, NotFound("404"), Later(timedelta(seconds=10), "voucher_not_visible")),
        (400, NotFound("404"), Later(timedelta(seconds=50), "voucher_not_visible")),
        (86_400, NotFound("404"), Later(timedelta(minutes=5), "voucher_not_visible")),
        (10, Unreachable("no answer"), Later(timedelta(seconds=2), Unreachable.code)),
        (400, Unreachable("no answer"), Later(timedelta(seconds=50), Unreachable.code)),
        (86_400, Unreachable("no answer"), Later(timedelta(minutes=5), Unreachable.code)),
        (86_400, AccessDenied("403"), Later(timedelta(minutes=5), AccessDenied.code)),
        (10, VoucherRejected("406"), Later(timedelta(minutes=5), VoucherRejected.code)),
        (86_400, VoucherRejected("406"), Later(timedelta(minutes=5), VoucherRejected.code)),
        (
            10,
            RateLimitWait("full", retry_after=timedelta(seconds=3)),
            Later(timedelta(seconds=3), RateLimitWait.code),
        ),
        (400, ConnectionRests("rests"), Later(timedelta(seconds=50), ConnectionRests.code)),
    ],
)
async def test_a_look_that_tells_nothing_is_repeated_later_and_later_and_nothing_is_sent(
    age: float, error: ConnectorError, result: FileResult
) -> None:
    world = calm_world()
    await lost(world)
    world.now += age
    world.on_look = [error]
    assert await world.ensure() == result
    assert len(world.uploads) == 1


async def test_after_the_order_to_stop_nothing_is_armed_and_a_doubt_is_settled_still() -> None:
    world = calm_world()
    world.stopping = True
    assert await world.ensure() == Later(timedelta(), "stopping")
    assert (world.uploads, world.attempts.rows) == ([], {})
    world.stopping = False
    await lost(world, committed=True)
    world.now += LOOK_AFTER
    world.stopping = True
    assert await world.ensure() == FileAttached("f0")


async def lost(world: FileWorld, *, committed: bool = False) -> FileResult:
    """What an upload comes to whose answer is lost."""
    world.on_upload = iter([LOST])
    result = await world.ensure()
    if committed:
        world.commit(world.uploads[-1])
    return result
