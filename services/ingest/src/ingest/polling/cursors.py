"""Rows of `ingest.shop_cursors`: made for new connections, leased by a poller, moved as a run ends."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.db.dialect import db_now, insert, row_lock
from common.db.due import DueRows
from common.db.due_loop import TurnResult
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.core import ConnectionRow, SettingsVersionRow
from common.db.models.ingest import ShopCursorRow
from common.db.tenant_settings import newest_settings
from common.domain.connection_troubles import ConnectionTrouble
from common.domain.stored_words import ConnectionKind, ConnectionState, SweepKind
from ingest.connections import start_of
from ingest.polling.results import PollResult
from ingest.polling.state import (
    CursorFailures,
    CursorProgress,
    CursorState,
    History,
    ShopLease,
    Sweep,
)
from ingest.polling.unreadable import tell

WordT = TypeVar("WordT", bound=StrEnum)
Columns = dict[InstrumentedAttribute[Any], Any]


async def refresh_cursors(db: Database) -> None:
    """Give every active shop connection a row, and let rows follow the newest settings of their tenants."""
    async with db.reading.of_queues() as session:
        missing = (await session.execute(_missing())).all()
        changed = (await session.execute(_with_new_settings())).all()
    for connection_id, tenant_id in missing:
        async with db.sessions.of(tenant_id) as session:
            await _add(session, connection_id, tenant_id)
    for connection_id, tenant_id in changed:
        async with db.sessions.of(tenant_id) as session:
            await _follow_settings(session, connection_id, tenant_id)


async def make_due(session: AsyncSession, tenant_id: UUID, connection_id: UUID) -> None:
    """Let the shop be polled at the next look."""
    await session.execute(
        update(ShopCursorRow)
        .where(ShopCursorRow.tenant_id == tenant_id, ShopCursorRow.connection_id == connection_id)
        .values(next_poll_at=db_now())
    )


def finish_poll(lease: ShopLease, progress: CursorProgress, result: PollResult) -> TurnResult:
    """Say what the end of a run writes, and the alarm that follows from it.

    Of the progress only what the run moved is written, and nothing of the failures when it says nothing of
    them: a lease that ran out unseen may have let new settings move the history back meanwhile, and a column
    that the run did not touch must keep that.
    """
    before, after = _progress_columns(lease.state.progress), _progress_columns(progress)
    values: Columns = {column: value for column, value in after.items() if value != before[column]}
    values[ShopCursorRow.last_poll_at] = db_now()
    if result.failures is None:
        return TurnResult(result.next_poll_seconds, _named(values))
    values |= _failure_columns(result.failures)
    follow = partial(tell, lease=lease, failures=result.failures)
    return TurnResult(result.next_poll_seconds, _named(values), follow)


async def _add(session: AsyncSession, connection_id: UUID, tenant_id: UUID) -> None:
    now: datetime = (await session.execute(select(db_now()))).scalar_one()
    version = await newest_settings(session, tenant_id)
    start = start_of(version.values)
    cursor = now if start is None else min(now, start)
    row = insert(session, ShopCursorRow).values(
        connection_id=connection_id,
        tenant_id=tenant_id,
        cursor_at=cursor,
        read_from_at=cursor,
        settings_number=version.number,
        next_poll_at=now,
        last_nightly_at=now,
        last_weekly_at=now,
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))


async def _follow_settings(session: AsyncSession, connection_id: UUID, tenant_id: UUID) -> None:
    version = await newest_settings(session, tenant_id)
    free = select(ShopCursorRow).where(ShopCursorRow.connection_id == connection_id, _is_free())
    row = (await session.execute(free.with_for_update(**row_lock(session)))).scalar_one_or_none()
    if row is None:  # being polled right now; the next look tries again
        return
    row.settings_number = version.number
    if row.last_poll_at is not None and row.disconnected_at is None and row.failures == 0:
        row.next_poll_at = min(
            row.next_poll_at, row.last_poll_at + timedelta(seconds=version.values.poll_interval_seconds)
        )
    start = start_of(version.values)
    if start is not None and start < row.read_from_at:
        row.read_from_at = row.history_from_at = start
        row.history_page, row.history_total = 1, 0
    await session.flush()


def _read(found: Row[Any]) -> CursorState:
    row = ShopCursorRow(
        **{column.name: found._mapping[column] for column in CURSORS.columns}
    )  # for its types
    history, sweep, kind = None, None, _word(SweepKind, row.sweep)
    if row.history_from_at is not None:
        history = History(row.history_from_at, row.history_page, row.history_total)
    if kind is not None and row.sweep_started_at is not None:
        sweep = Sweep(kind, row.sweep_started_at, row.sweep_position, row.sweep_calls)
    progress = CursorProgress(
        cursor_at=row.cursor_at,
        history=history,
        sweep=sweep,
        last_nightly_at=row.last_nightly_at,
        last_weekly_at=row.last_weekly_at,
    )
    failures = CursorFailures(
        failures=row.failures,
        failing_since=row.failing_since,
        refusals=row.refusals,
        first_refused_at=row.first_refused_at,
        disconnected_at=row.disconnected_at,
        last_error=row.last_error,
        trouble=_word(ConnectionTrouble, row.trouble),
    )
    return CursorState(row.tenant_id, row.connection_id, progress, failures)


def _word(words: type[WordT], stored: str | None) -> WordT | None:
    """The stored word; None also for one that only a newer release knows."""
    return next((word for word in words if word.value == stored), None)


def _named(columns: Columns) -> dict[str, Any]:
    return {column.key: value for column, value in columns.items()}


def _progress_columns(progress: CursorProgress) -> Columns:
    history, sweep = progress.history, progress.sweep
    return {
        ShopCursorRow.cursor_at: progress.cursor_at,
        ShopCursorRow.history_from_at: None if history is None else history.since,
        ShopCursorRow.history_page: 1 if history is None else history.page,
        ShopCursorRow.history_total: 0 if history is None else history.total,
        ShopCursorRow.sweep: None if sweep is None else sweep.kind.value,
        ShopCursorRow.sweep_started_at: None if sweep is None else sweep.started_at,
        ShopCursorRow.sweep_position: 0 if sweep is None else sweep.position,
        ShopCursorRow.sweep_calls: 0 if sweep is None else sweep.calls,
        ShopCursorRow.last_nightly_at: progress.last_nightly_at,
        ShopCursorRow.last_weekly_at: progress.last_weekly_at,
    }


def _failure_columns(failures: CursorFailures) -> Columns:
    return {
        ShopCursorRow.failures: failures.failures,
        ShopCursorRow.failing_since: failures.failing_since,
        ShopCursorRow.refusals: failures.refusals,
        ShopCursorRow.first_refused_at: failures.first_refused_at,
        ShopCursorRow.disconnected_at: failures.disconnected_at,
        ShopCursorRow.last_error: failures.last_error,
        ShopCursorRow.trouble: None if failures.trouble is None else failures.trouble.value,
    }


def _is_free() -> ColumnElement[bool]:
    return or_(ShopCursorRow.lease_until.is_(None), ShopCursorRow.lease_until <= db_now())


def _missing() -> Any:
    known = ShopCursorRow.connection_id == ConnectionRow.connection_id
    return (
        select(ConnectionRow.connection_id, ConnectionRow.tenant_id)
        .outerjoin(ShopCursorRow, known)
        .where(
            and_(
                ConnectionRow.kind == ConnectionKind.SHOP,
                ConnectionRow.state == ConnectionState.ACTIVE,
                ShopCursorRow.connection_id.is_(None),
            )
        )
    )


def _with_new_settings() -> Any:
    newest = (
        select(SettingsVersionRow.tenant_id, func.max(SettingsVersionRow.number).label("number"))
        .group_by(SettingsVersionRow.tenant_id)
        .subquery()
    )
    return (
        select(ShopCursorRow.connection_id, ShopCursorRow.tenant_id)
        .join(newest, newest.c.tenant_id == ShopCursorRow.tenant_id)
        .where(newest.c.number > ShopCursorRow.settings_number, _is_free())
    )


CURSORS = table(ShopCursorRow)
SHOP_CURSORS = DueRows(
    table=CURSORS,
    key=(CURSORS.c.tenant_id, CURSORS.c.connection_id),
    read=_read,
    lease_token=CURSORS.c.lease_token,
    lease_until=CURSORS.c.lease_until,
    due_at=CURSORS.c.next_poll_at,
    only=exists().where(
        ConnectionRow.connection_id == CURSORS.c.connection_id, ConnectionRow.state == ConnectionState.ACTIVE
    ),
)
