"""The rows that say whether the books of a connection may be asked: written at trouble, never without.

A connection has one row for each kind of call that is in trouble, so that good reads say nothing of writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import close_alarms
from common.db.dialect import db_now, insert
from common.db.models.books import BooksReadingRow
from common.db.models.effects import BreakerRow
from common.domain.alarms import AlarmKind
from common.domain.keys import connection_subject
from common.domain.stored_words import BreakerState

OF_BREAKERS = (AlarmKind.BOOKS_UNREACHABLE, AlarmKind.RECONNECT_NEEDED, AlarmKind.BOOKS_DENY_ACCESS)


@dataclass(frozen=True, slots=True)
class CallKind:
    """One kind of calls of one connection."""

    tenant_id: UUID
    connection_id: UUID
    scope: str

    @property
    def breaker_id(self) -> UUID:
        """What messages wait for."""
        return uuid5(self.connection_id, self.scope)


@dataclass(frozen=True, slots=True)
class Seen:
    """A breaker with the database's clock."""

    row: BreakerRow
    now: datetime

    @property
    def calls(self) -> CallKind:
        """Whose breaker it is."""
        return CallKind(self.row.tenant_id, self.row.connection_id, self.row.scope)

    @property
    def is_closed(self) -> bool:
        """Whether anybody may ask."""
        return self.row.state == BreakerState.CLOSED

    @property
    def pause(self) -> float:
        """Seconds until one may try."""
        return 0.0 if self.row.retry_at is None else (self.row.retry_at - self.now).total_seconds()

    @property
    def idle(self) -> float:
        """Seconds for which somebody might have tried; without a pause, since the trouble began."""
        since = self.row.retry_at or self.row.first_failed_at or self.now
        return (self.now - since).total_seconds()

    @property
    def lasted(self) -> float:
        """Seconds since the first call without an answer, of those in a row."""
        return (self.now - (self.row.first_failed_at or self.now)).total_seconds()

    @property
    def refused_for(self) -> float:
        """Seconds since the first refusal, of those in a row."""
        return (self.now - (self.row.first_refused_at or self.now)).total_seconds()


async def list_troubled(session: AsyncSession, connection_id: UUID | None = None) -> Sequence[Seen]:
    """List the breakers, or those of one connection, that anything speaks against."""
    query = select(BreakerRow, db_now().label("now")).where(
        or_(BreakerRow.state != BreakerState.CLOSED, BreakerRow.failures > 0, BreakerRow.refusals > 0)
    )
    if connection_id is not None:
        query = query.where(BreakerRow.connection_id == connection_id)
    return [Seen(row, now) for row, now in await session.execute(query)]


async def count_trouble(session: AsyncSession, calls: CallKind, error: str, refused_by: str | None) -> Seen:
    """Count one more call without an answer, or refused; one that comes while it is open was sent before."""
    refused = refused_by is not None
    first = insert(session, BreakerRow).values(
        breaker_id=calls.breaker_id,
        connection_id=calls.connection_id,
        tenant_id=calls.tenant_id,
        scope=calls.scope,
        state=BreakerState.CLOSED,
        failures=1,
        first_failed_at=db_now(),
        refusals=int(refused),
        first_refused_at=db_now() if refused else None,
        refused_by=refused_by,
        last_error=error,
    )
    again: dict[str, Any] = {
        "failures": case(
            (BreakerRow.state == BreakerState.OPEN, BreakerRow.failures), else_=BreakerRow.failures + 1
        ),
        "first_failed_at": case(
            (BreakerRow.first_failed_at.is_(None), db_now()), else_=BreakerRow.first_failed_at
        ),
        "last_error": error,
    }
    if refused:
        again["refusals"] = case(
            (BreakerRow.state == BreakerState.OPEN, BreakerRow.refusals), else_=BreakerRow.refusals + 1
        )
        again["first_refused_at"] = case(
            (BreakerRow.first_refused_at.is_(None), db_now()), else_=BreakerRow.first_refused_at
        )
        again["refused_by"] = refused_by
    await session.execute(first.on_conflict_do_update(index_elements=["breaker_id"], set_=again))
    return await _get(session, calls)


async def open_breaker(session: AsyncSession, calls: CallKind, pause: float, *, denied: bool) -> Seen:
    """Let nobody ask until the pause is over, then one; `denied`: the books refuse such calls for good."""
    values: dict[str, Any] = {"state": BreakerState.OPEN, "retry_at": db_now(pause)}
    if denied:
        values["denied_at"] = case((BreakerRow.denied_at.is_(None), db_now()), else_=BreakerRow.denied_at)
    await _change(session, calls, values)
    return await _get(session, calls)


async def take_trial(session: AsyncSession, calls: CallKind, seconds: float) -> bool:
    """Be the one who may try; False when it is too early or another one is."""
    taking = (
        update(BreakerRow)
        .where(
            BreakerRow.breaker_id == calls.breaker_id,
            BreakerRow.state != BreakerState.CLOSED,
            BreakerRow.retry_at <= db_now(),
        )
        .values(state=BreakerState.ONE_MAY_TRY, retry_at=db_now(seconds))
        .returning(BreakerRow.breaker_id)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(taking)).scalar_one_or_none() is not None


async def give_trial_back(session: AsyncSession, calls: CallKind) -> None:
    """Give the trial back: whoever was to try could not, for a reason of its own, and another one may."""
    giving = update(BreakerRow).where(
        BreakerRow.breaker_id == calls.breaker_id, BreakerRow.state == BreakerState.ONE_MAY_TRY
    )
    await session.execute(
        giving.values(state=BreakerState.OPEN, retry_at=db_now()).execution_options(synchronize_session=False)
    )


async def close_breaker(session: AsyncSession, calls: CallKind) -> BreakerRow | None:
    """Forget what spoke against such calls: the books answered. Returns what stood there before, if anything.

    After a rest the other kinds of calls that rest may be tried at once, and the lists be read.
    """
    query = select(BreakerRow).where(BreakerRow.breaker_id == calls.breaker_id).with_for_update()
    before = (await session.execute(query)).scalar_one_or_none()
    if before is None:
        return None
    session.expunge(before)
    await session.execute(delete(BreakerRow).where(BreakerRow.breaker_id == calls.breaker_id))
    others = update(BreakerRow).where(
        BreakerRow.connection_id == calls.connection_id,
        BreakerRow.state == BreakerState.OPEN,
        BreakerRow.denied_at.is_(None),
    )
    lists = update(BooksReadingRow).where(BooksReadingRow.connection_id == calls.connection_id)
    if before.state != BreakerState.CLOSED:
        await session.execute(others.values(retry_at=db_now()).execution_options(synchronize_session=False))
        await session.execute(lists.values(retry_at=None).execution_options(synchronize_session=False))
    return before


async def linked_anew(session: AsyncSession, tenant_id: UUID, connection_id: UUID) -> None:
    """Forget what spoke against the old access, since a new one was stored, and close its alarms."""
    await session.execute(delete(BreakerRow).where(BreakerRow.connection_id == connection_id))
    for kind in OF_BREAKERS:
        await close_alarms(session, kind, connection_subject(connection_id), tenant_id=tenant_id)


async def find_breaker(session: AsyncSession, calls: CallKind) -> Seen | None:
    """Look up what stands there now; None when nothing speaks against asking."""
    query = select(BreakerRow, db_now().label("now")).where(BreakerRow.breaker_id == calls.breaker_id)
    found = (await session.execute(query)).one_or_none()
    return None if found is None else Seen(*found)


async def _change(session: AsyncSession, calls: CallKind, values: dict[str, Any]) -> None:
    changing = update(BreakerRow).where(BreakerRow.breaker_id == calls.breaker_id).values(**values)
    await session.execute(changing.execution_options(synchronize_session=False))


async def _get(session: AsyncSession, calls: CallKind) -> Seen:
    session.expire_all()
    seen = await find_breaker(session, calls)
    assert seen is not None
    return seen
