"""One suite for the attempts in the database and for those in memory that the property tests use."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.stored_words import AttemptState, BoundHow
from common.effects.attempts import UNRESOLVED, ArmRequest, Attempt, AttemptStore
from common.effects.effect import NOTHING, Bound, OnBound
from common.effects.searches import Search
from common.effects.sql_attempts import SqlAttempts
from support.memory_attempts import MemoryAttempts

TENANT = uuid4()
REQUEST = ArmRequest("voucher:a", TENANT, "#m", b"{}", {"number": "1"})
STORES = ("memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres))
SOON = timedelta(seconds=0.01)


@pytest.fixture(params=STORES)
def attempts(request: pytest.FixtureRequest) -> Iterator[AttemptStore]:
    if request.param == "memory":
        yield MemoryAttempts(lambda: datetime.now(UTC))
        return
    yield SqlAttempts(request.getfixturevalue(f"{request.param}_database"))


async def nothing(session: AsyncSession) -> None:
    pass


async def armed(attempts: AttemptStore, last_number: int = 0) -> Attempt:
    attempt = await attempts.arm(REQUEST, last_number)
    assert isinstance(attempt, Attempt)
    return attempt


async def state(attempts: AttemptStore) -> Any:
    return await attempts.read(REQUEST.key, TENANT)


def search(*, unmarked: tuple[str, ...] = ()) -> Search:
    now = datetime.now(UTC)
    return Search(now, now + SOON, complete=True, unmarked=unmarked)


async def test_nothing_is_known_before_the_first_attempt(attempts: AttemptStore) -> None:
    seen = await state(attempts)
    assert (seen.bound, seen.unresolved, seen.last_number, seen.absent) == (None, None, 0, 0)
    assert abs(seen.now - datetime.now(UTC)) < timedelta(seconds=5)
    assert not await attempts.is_known(REQUEST.key)
    await armed(attempts)
    assert await attempts.is_known(REQUEST.key)


async def test_one_attempt_at_a_time_is_armed(attempts: AttemptStore) -> None:
    first = await armed(attempts)
    assert (first.number, first.state) == (1, AttemptState.OPEN)
    assert await attempts.arm(REQUEST, 0) is None
    assert await attempts.arm(REQUEST, 1) is None
    assert (await state(attempts)).unresolved.attempt_id == first.attempt_id


async def test_an_attempt_is_armed_only_from_the_number_that_was_seen(attempts: AttemptStore) -> None:
    await attempts.close((await armed(attempts)).attempt_id, AttemptState.REFUSED)
    assert await attempts.arm(REQUEST, 0) is None
    assert await attempts.arm(REQUEST, 2) is None
    assert (await armed(attempts, 1)).number == 2


async def test_a_bound_effect_is_never_armed_again(attempts: AttemptStore) -> None:
    bound = Bound("v-1", BoundHow.WRITTEN)
    assert await attempts.bind(REQUEST, await armed(attempts), bound, (AttemptState.OPEN,), NOTHING)
    assert await attempts.arm(REQUEST, 1) is None
    assert not await attempts.adopt(REQUEST, 1, Bound("v-2", BoundHow.ADOPTED), NOTHING)
    assert (await state(attempts)).bound == bound


async def test_adoption_competes_with_arming(attempts: AttemptStore) -> None:
    attempt = await armed(attempts)
    assert not await attempts.adopt(REQUEST, 1, Bound("v-1", BoundHow.ADOPTED), NOTHING)
    await attempts.close(attempt.attempt_id, AttemptState.WITHDRAWN)
    assert await attempts.adopt(REQUEST, 1, Bound("v-1", BoundHow.ADOPTED), NOTHING)
    assert await attempts.arm(REQUEST, 2) is None
    assert (await state(attempts)).bound == Bound("v-1", BoundHow.ADOPTED)


@pytest.mark.parametrize("closed", [AttemptState.REFUSED, AttemptState.WITHDRAWN, AttemptState.ABSENT])
async def test_a_closed_attempt_is_closed_once_and_cannot_be_bound(
    attempts: AttemptStore, closed: AttemptState
) -> None:
    attempt = await armed(attempts)
    assert await attempts.close(attempt.attempt_id, closed, [search()], {"said": "no"})
    assert not await attempts.close(attempt.attempt_id, AttemptState.REFUSED)
    assert not await attempts.bind(REQUEST, attempt, Bound("v-1", BoundHow.WRITTEN), UNRESOLVED, NOTHING)
    seen = await state(attempts)
    assert (seen.bound, seen.unresolved, seen.absent) == (None, None, int(closed == AttemptState.ABSENT))


async def test_an_attempt_lost_in_weather_that_meets_all_is_absent_without_being_counted(
    attempts: AttemptStore,
) -> None:
    first = await armed(attempts)
    await attempts.excuse(first.attempt_id, {"code": "http.outcome_lost", "said": "no answer"})
    assert (await state(attempts)).unresolved.state == AttemptState.OPEN
    assert await attempts.close(first.attempt_id, AttemptState.ABSENT, [search()])
    assert (await state(attempts)).absent == 0
    second = await armed(attempts, 1)
    assert await attempts.close(second.attempt_id, AttemptState.ABSENT, [search()])
    await attempts.excuse(second.attempt_id, {"code": "http.outcome_lost", "said": "too late"})
    assert (await state(attempts)).absent == 1


async def test_a_parked_attempt_blocks_arming_and_closes_only_as_absent(attempts: AttemptStore) -> None:
    attempt = await armed(attempts)
    assert await attempts.park(TENANT, attempt.attempt_id, [search(unmarked=("v-9",))], None, nothing)
    assert await attempts.park(TENANT, attempt.attempt_id, [search(unmarked=("v-9",))], None, nothing)
    assert (await state(attempts)).unresolved.state == AttemptState.PARKED
    assert await attempts.arm(REQUEST, 1) is None
    assert not await attempts.close(attempt.attempt_id, AttemptState.REFUSED)
    assert not await attempts.bind(
        REQUEST, attempt, Bound("v-1", BoundHow.WRITTEN), (AttemptState.OPEN,), NOTHING
    )
    assert await attempts.close(attempt.attempt_id, AttemptState.ABSENT)


async def test_searches_are_kept_as_they_were(attempts: AttemptStore) -> None:
    attempt, seen = await armed(attempts), [search(unmarked=("v-1",)), search()]
    await attempts.record_search(attempt.attempt_id, seen)
    assert list((await state(attempts)).unresolved.searches) == seen


async def test_a_late_answer_is_an_alarm_and_makes_the_attempt_unresolved_again(
    attempts: AttemptStore,
) -> None:
    attempt = await armed(attempts)
    await attempts.close(attempt.attempt_id, AttemptState.ABSENT)
    assert await attempts.record_late_answer(REQUEST, attempt, "v-1") is None
    assert (await state(attempts)).unresolved.state == AttemptState.PARKED
    assert await attempts.arm(REQUEST, 1) is None


async def test_after_a_late_answer_the_searches_that_missed_it_prove_nothing(attempts: AttemptStore) -> None:
    attempt = await armed(attempts)
    await attempts.close(attempt.attempt_id, AttemptState.ABSENT, [search(), search()])
    await attempts.record_late_answer(REQUEST, attempt, "v-1")
    assert (await state(attempts)).unresolved.searches == ()


async def test_a_late_answer_changes_no_binding(attempts: AttemptStore) -> None:
    attempt, bound = await armed(attempts), Bound("v-1", BoundHow.RECONCILED)
    await attempts.bind(REQUEST, attempt, bound, (AttemptState.OPEN,), NOTHING)
    assert await attempts.record_late_answer(REQUEST, attempt, "v-1") == bound
    assert await attempts.record_late_answer(REQUEST, attempt, "v-2") == bound
    assert (await state(attempts)).unresolved is None


async def test_giving_up_ends_old_doubts_and_remembers_what_was_seen(attempts: AttemptStore) -> None:
    attempt = await armed(attempts)
    await attempts.record_search(attempt.attempt_id, [search(unmarked=("v-9",))])
    assert not await attempts.give_up(REQUEST.key, older_than=60)
    assert await attempts.give_up(REQUEST.key, older_than=0)
    seen = await state(attempts)
    assert (seen.unresolved, seen.accepted) == (None, frozenset({"v-9"}))
    assert (await armed(attempts, 1)).number == 2


async def test_an_error_in_what_follows_undoes_the_binding_in_the_database(sqlite_database: Any) -> None:
    attempts = SqlAttempts(sqlite_database)

    async def fail(session: AsyncSession, items: Sequence[None]) -> None:
        raise ArithmeticError

    attempt = await armed(attempts)
    with pytest.raises(ArithmeticError):
        await attempts.bind(
            REQUEST, attempt, Bound("v-1", BoundHow.WRITTEN), (AttemptState.OPEN,), OnBound(fail, None)
        )
    seen = await state(attempts)
    assert (seen.bound, seen.unresolved.attempt_id) == (None, attempt.attempt_id)


async def test_another_tenant_sees_nothing(sqlite_database: Any) -> None:
    attempts = SqlAttempts(sqlite_database)
    await armed(attempts)
    assert (await attempts.read(REQUEST.key, UUID(int=7))).unresolved is None
