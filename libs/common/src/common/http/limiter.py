"""How fast an upstream is asked, for all processes: one row per bucket, moved by the database's clock."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.backoff import Backoff
from common.db.dialect import db_now, db_shifted, insert
from common.db.engine import Database
from common.db.models.effects import RateBucketRow
from common.http.errors import RateLimitWait

MAX_WAIT = timedelta(seconds=1)  # longer waits give the work back
FIRST_BLOCK_SECONDS = 1.0
BLOCK = Backoff(FIRST_BLOCK_SECONDS, longest=60.0, jitter=1.0)


@dataclass(slots=True)
class _Manners:
    gives_way: bool


_MANNERS: ContextVar[_Manners | None] = ContextVar("manners", default=None)


@contextmanager
def giving_way(gives_way: bool) -> Iterator[None]:
    """Let what runs inside begin only with a slot that is free; others may wait for one, and so are first.

    Once it has begun it is as patient as they are: many who gave way at each step would all begin, and
    none would come to an end.
    """
    token = _MANNERS.set(_Manners(gives_way))
    try:
        yield
    finally:
        _MANNERS.reset(token)


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket that gives `per_second` slots, and `burst` at once after a pause."""

    bucket: str
    per_second: float
    burst: int

    @property
    def interval(self) -> float:
        """Seconds from one slot to the next."""
        return 1 / self.per_second


class NoSlot(Exception):
    """The wait for a slot is longer than the caller would wait."""

    def __init__(self, wait: float) -> None:
        self.wait = wait
        super().__init__()


class Limiter:
    """Gives out slots of buckets in the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def reserve(self, *rates: Rate, max_wait: timedelta = MAX_WAIT) -> int:
        """Return when a slot of every bucket is reached, with the number of refusals the first one remembers.

        Nothing is taken and `RateLimitWait` raised when that is more than `max_wait` away.
        """
        seconds = max_wait.total_seconds()
        try:
            async with self._db.sessions.of_queues() as session:
                taken = [await _take(session, rate, seconds) for rate in rates]
        except NoSlot as far:
            pause = max(far.wait - seconds, 0.0) + random.uniform(0, rates[0].interval)
            raise RateLimitWait("no free slot", retry_after=timedelta(seconds=pause)) from None
        wait = max((slot.wait for slot in taken), default=0.0)
        if wait > 0:
            await asyncio.sleep(wait)
        return taken[0].refusals if taken else 0

    async def block(self, rate: Rate, wish: timedelta | None) -> timedelta:
        """Keep everybody out of the bucket after a 429: longer each time in a row, or as the server says.

        Answers to requests that were on their way together count once.
        """
        bucket = RateBucketRow.bucket == rate.bucket
        free = or_(RateBucketRow.blocked_until.is_(None), RateBucketRow.blocked_until <= db_now())
        async with self._db.sessions.of_queues() as session:
            await _ensure(session, rate)
            counted = update(RateBucketRow).where(bucket, free).values(refusals=RateBucketRow.refusals + 1)
            refusals = (await session.execute(counted.returning(RateBucketRow.refusals))).scalar_one_or_none()
            if refusals is None:
                row = (
                    await session.execute(select(RateBucketRow.blocked_until, db_now()).where(bucket))
                ).one()
                return timedelta(seconds=max(_seconds(row[0], row[1]), 0.1))
            seconds = wish.total_seconds() if wish is not None else _block_seconds(refusals)
            empty_until = (
                seconds + (rate.burst - 1) * rate.interval
            )  # the other side's bucket is empty as well
            await session.execute(
                update(RateBucketRow)
                .where(bucket)
                .values(blocked_until=db_now(seconds), next_free_at=db_now(empty_until))
            )
        return timedelta(seconds=seconds)

    async def unblock(self, rate: Rate) -> None:
        """Forget earlier refusals: the other side took a request."""
        async with self._db.sessions.of_queues() as session:
            await session.execute(
                update(RateBucketRow)
                .where(RateBucketRow.bucket == rate.bucket, RateBucketRow.refusals > 0)
                .values(refusals=0, blocked_until=None)
            )


class SharedLimit:
    """The limit of one connection: its own bucket first, then those it shares with others."""

    def __init__(self, limiter: Limiter, rates: Sequence[Rate], *, max_wait: timedelta = MAX_WAIT) -> None:
        self._limiter, self._rates, self._max_wait = limiter, tuple(rates), max_wait
        self._refusals = 0

    async def reserve(self) -> None:
        """Wait for a slot, or raise `RateLimitWait` and take none."""
        manners = _MANNERS.get()
        max_wait = timedelta() if manners and manners.gives_way else self._max_wait
        self._refusals = await self._limiter.reserve(*self._rates, max_wait=max_wait)
        if manners:
            manners.gives_way = False

    async def refused(self, wish: timedelta | None) -> timedelta:
        """Block the connection's bucket for all processes."""
        self._refusals += 1
        return await self._limiter.block(self._rates[0], wish)

    async def accepted(self) -> None:
        """Lift what earlier refusals left behind."""
        if self._refusals:
            self._refusals = 0
            await self._limiter.unblock(self._rates[0])


@dataclass(frozen=True, slots=True)
class _Slot:
    wait: float
    refusals: int


async def _take(session: AsyncSession, rate: Rate, max_wait: float) -> _Slot:
    """Take one slot, moved and checked in one statement; raises `NoSlot`, which must end the transaction."""
    row = (await session.execute(_taking(rate, max_wait))).one_or_none()
    if row is None and await _ensure(session, rate):
        row = (await session.execute(_taking(rate, max_wait))).one_or_none()
    if row is None:
        seen = select(RateBucketRow.next_free_at, RateBucketRow.blocked_until, db_now())
        next_free_at, blocked_until, now = (
            await session.execute(seen.where(RateBucketRow.bucket == rate.bucket))
        ).one()
        wait = _seconds(next_free_at, now) - (rate.burst - 1) * rate.interval
        raise NoSlot(max(wait, _seconds(blocked_until, now)))
    next_free_at, blocked_until, refusals, now = row
    wait = _seconds(next_free_at, now) - rate.burst * rate.interval
    return _Slot(max(wait, _seconds(blocked_until, now), 0.0), refusals)


def _taking(rate: Rate, max_wait: float) -> Any:
    free_at, now = RateBucketRow.next_free_at, db_now()
    return (
        update(RateBucketRow)
        .where(
            RateBucketRow.bucket == rate.bucket,
            free_at <= db_now(max_wait + (rate.burst - 1) * rate.interval),
            or_(RateBucketRow.blocked_until.is_(None), RateBucketRow.blocked_until <= db_now(max_wait)),
        )
        .values(
            next_free_at=case(
                (free_at > now, db_shifted(free_at, rate.interval)), else_=db_now(rate.interval)
            )
        )
        .returning(free_at, RateBucketRow.blocked_until, RateBucketRow.refusals, now)
    )


async def _ensure(session: AsyncSession, rate: Rate) -> bool:
    row = insert(session, RateBucketRow).values(bucket=rate.bucket, next_free_at=db_now(), refusals=0)
    new = row.on_conflict_do_nothing(index_elements=["bucket"]).returning(RateBucketRow.bucket)
    return (await session.execute(new)).scalar_one_or_none() is not None


def _seconds(moment: datetime | None, now: datetime) -> float:
    return (moment - now).total_seconds() if moment is not None else 0.0


def _block_seconds(refusals: int) -> float:
    return max(BLOCK.seconds(refusals), FIRST_BLOCK_SECONDS)
