"""The shared rate limit on both databases."""

import asyncio
import contextlib
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.engine import Database, open_database
from common.db.models.effects import RateBucketRow
from common.http.errors import RateLimitWait
from common.http.limiter import Limiter, Rate, SharedLimit, giving_way
from common.settings import DatabaseSettings


async def test_a_burst_is_free(database: Database) -> None:
    limiter, rate = Limiter(database), Rate("a", per_second=0.1, burst=3)
    for _ in range(3):
        await limiter.reserve(rate, max_wait=timedelta())
    with pytest.raises(RateLimitWait):
        await limiter.reserve(rate, max_wait=timedelta())


async def test_slots_after_the_burst_come_no_faster_than_the_rate(database: Database) -> None:
    limiter, rate = Limiter(database), Rate("a", per_second=4, burst=2)
    started = time.monotonic()
    for _ in range(4):
        await limiter.reserve(rate)
    assert time.monotonic() - started > 0.45


async def test_a_slot_too_far_away_is_refused_and_not_taken(database: Database) -> None:
    limiter, rate = Limiter(database), Rate("a", per_second=0.01, burst=1)
    await limiter.reserve(rate)
    before = await _next_free(database, "a")
    for _ in range(3):
        with pytest.raises(RateLimitWait) as refused:
            await limiter.reserve(rate)
        assert refused.value.retry_after is not None
        assert refused.value.retry_after < timedelta(seconds=2 * rate.interval)
    assert await _next_free(database, "a") == before
    await _change(database, next_free_at=db_now())
    await limiter.reserve(rate)


async def test_two_buckets_give_a_slot_together_or_not_at_all(database: Database) -> None:
    limiter = Limiter(database)
    own, shared = Rate("own", per_second=10, burst=2), Rate("partner", per_second=0.1, burst=1)
    await limiter.reserve(own, shared)
    before = await _next_free(database, "own")
    with pytest.raises(RateLimitWait):
        await limiter.reserve(own, shared)
    assert await _next_free(database, "own") == before


async def test_who_gives_way_takes_free_slots_and_waits_for_none(database: Database) -> None:
    shared = SharedLimit(Limiter(database), [Rate("a", per_second=2, burst=2)])
    for _ in range(2):
        with giving_way(True):
            await shared.reserve()
    with giving_way(True), pytest.raises(RateLimitWait):
        await shared.reserve()
    await shared.reserve()  # the next slot, ahead of it
    with giving_way(True), pytest.raises(RateLimitWait):
        await shared.reserve()


async def test_who_has_begun_gives_way_no_more(database: Database) -> None:
    shared = SharedLimit(Limiter(database), [Rate("a", per_second=2, burst=1)])
    with giving_way(True):
        await shared.reserve()
        await shared.reserve()


async def test_many_who_give_way_come_to_an_end_one_after_the_other(database: Database) -> None:
    shared = SharedLimit(Limiter(database), [Rate("a", per_second=20, burst=1)])
    begun, ended = 0, 0

    async def ask_twice() -> None:
        nonlocal begun, ended
        with giving_way(True):
            await shared.reserve()
            begun += 1
            await shared.reserve()
            ended += 1

    async def again_and_again() -> None:
        while ended < 8:
            with contextlib.suppress(RateLimitWait):
                await ask_twice()
            await asyncio.sleep(0.01)

    await asyncio.gather(*(again_and_again() for _ in range(20)))
    assert ended >= begun / 2


async def test_many_replicas_share_one_rate(database: Database, database_url: str) -> None:
    other = open_database(DatabaseSettings(url=database_url))
    rate, slots = Rate("a", per_second=20, burst=2), []

    async def work(limiter: Limiter, until: float) -> None:
        while time.monotonic() < until:
            try:
                await limiter.reserve(rate, max_wait=timedelta(seconds=0.2))
            except RateLimitWait as wait:
                await asyncio.sleep(wait.retry_after.total_seconds() if wait.retry_after else 1)
            else:
                slots.append(time.monotonic())

    started = time.monotonic()
    await asyncio.gather(*(work(Limiter(db), started + 1.5) for db in (database, other) for _ in range(4)))
    await other.close()
    inside = [moment for moment in slots if moment - started <= 1.5]
    assert 0 < len(inside) <= 1.5 * 20 + 3


async def test_a_refusal_blocks_all_replicas_longer_each_time_until_a_request_is_taken(
    database: Database,
) -> None:
    rate = Rate("a", per_second=1000, burst=1)
    here = SharedLimit(Limiter(database), [rate])
    there = SharedLimit(Limiter(database), [rate], max_wait=timedelta(seconds=0.1))
    await here.reserve()
    pause = await here.refused(None)
    assert timedelta(seconds=1) <= pause <= timedelta(seconds=2)
    await _change(database, blocked_until=db_now(600))  # so that none of the pause passes meanwhile
    with pytest.raises(RateLimitWait):
        await there.reserve()
    assert await there.refused(None) > pause  # came from a request that was on its way: counts once
    assert await _refusals(database) == 1
    await _end_block(database)
    assert await here.refused(None) <= timedelta(seconds=4)
    assert await _refusals(database) == 2
    await _end_block(database)
    await there.reserve()
    await there.accepted()
    assert await _refusals(database) == 0


async def test_the_wish_of_the_server_is_followed(database: Database) -> None:
    limit = SharedLimit(Limiter(database), [Rate("a", per_second=1000, burst=1)])
    assert await limit.refused(timedelta(seconds=700)) == timedelta(seconds=700)
    with pytest.raises(RateLimitWait) as refused:
        await limit.reserve()
    assert refused.value.retry_after is not None
    assert timedelta(seconds=600) < refused.value.retry_after < timedelta(seconds=700)


async def _next_free(database: Database, bucket: str) -> object:
    async with database.reading.of_all_tenants() as session:
        query = select(RateBucketRow.next_free_at).where(RateBucketRow.bucket == bucket)
        return (await session.execute(query)).scalar_one()


async def _end_block(database: Database) -> None:
    await _change(database, blocked_until=db_now(-1), next_free_at=db_now(-1))


async def _change(database: Database, **moments: db_now) -> None:
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(RateBucketRow).values(**moments))


async def _refusals(database: Database) -> int:
    async with database.reading.of_all_tenants() as session:
        return (await session.execute(select(RateBucketRow.refusals))).scalar_one()
