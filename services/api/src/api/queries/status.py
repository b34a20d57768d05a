"""How everything stands, counted in the database."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Scope
from api.kinds import Standing, standings
from api.presenters.operations import turnover_warning_read
from api.queries.documents import FILE_STATUS, REASON, STATUS, WITH_OUTCOME
from api.schemas.documents import FileStatus, Status
from api.schemas.operations import StatusRead
from common.db.dialect import db_now
from common.db.models.books import BooksReadingRow, OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow, BreakerRow
from common.db.models.ingest import DocumentRow, ShopCursorRow
from common.db.models.line import DeadLetterRow
from common.db.turnover import read_warnings
from common.domain.stored_words import ConnectionState, DeadLetterState
from common.domain.turnover import german_year

OPEN = (Status.WAITING.value, Status.PARKED.value)
MOST_CONNECTIONS = 500
MOST_WARNINGS = 500


async def read_status(session: AsyncSession, scope: Scope) -> StatusRead:
    """Count every document in scope, and what asks for attention."""
    groups = (await session.execute(_groups(scope))).all()
    dead = select(func.count()).where(
        DeadLetterRow.state == DeadLetterState.KEPT, *scope.limits(DeadLetterRow.tenant_id)
    )
    alarms = select(func.count()).where(AlarmRow.closed_at.is_(None), *scope.limits(AlarmRow.tenant_id))
    now: datetime = (await session.execute(select(db_now().label("now")))).scalar_one()
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for group in groups:
        counts[group.status] += group.documents
        if group.status in OPEN:
            reasons[group.reason or "unknown"] += group.documents
        if group.status == Status.BOOKED.value:
            files[group.file_status] += group.documents
    warnings = await read_warnings(session, german_year(now), scope.tenant_id)
    ages = {status: _age(groups, now, (status,)) for status in OPEN}
    return StatusRead(
        counts={status: counts[status.value] for status in Status},
        oldest_open_seconds=_age(groups, now, OPEN),
        oldest_waiting_seconds=ages[Status.WAITING.value],
        oldest_parked_seconds=ages[Status.PARKED.value],
        reasons=dict(reasons.most_common()),
        file_counts={state: files[state.value] for state in FileStatus},
        dead_letters=await session.scalar(dead) or 0,
        alarms=await session.scalar(alarms) or 0,
        warnings=[turnover_warning_read(warning) for warning in warnings[:MOST_WARNINGS]],
        connections=[standing.health() for standing in await _connections(session, scope)],
    )


def _age(groups: Sequence[Any], now: datetime, statuses: Collection[str]) -> int | None:
    """How many seconds the oldest document of these is known; None when there is none."""
    oldest = min((group.oldest for group in groups if group.status in statuses), default=None)
    return None if oldest is None else max(0, int((now - oldest).total_seconds()))


def _groups(scope: Scope) -> Any:
    columns = (STATUS.label("status"), REASON.label("reason"), FILE_STATUS.label("file_status"))
    return (
        select(*columns, func.count().label("documents"), func.min(DocumentRow.seen_at).label("oldest"))
        .select_from(DocumentRow)
        .outerjoin(OutcomeRow, WITH_OUTCOME)
        .where(*scope.limits(DocumentRow.tenant_id))
        .group_by(*(column.element for column in columns))
    )


async def _connections(session: AsyncSession, scope: Scope) -> list[Standing]:
    unreadable = exists().where(
        BooksReadingRow.connection_id == ConnectionRow.connection_id,
        BooksReadingRow.tenant_id == ConnectionRow.tenant_id,
        BooksReadingRow.failures > 0,
    )
    is_failing = or_(ShopCursorRow.failures + ShopCursorRow.refusals > 0, unreadable)
    breaker = exists().where(
        BreakerRow.connection_id == ConnectionRow.connection_id,
        BreakerRow.tenant_id == ConnectionRow.tenant_id,
    )
    is_denied = breaker.where(BreakerRow.denied_at.is_not(None))
    is_out = or_(
        ConnectionRow.state.in_((ConnectionState.HALTED, ConnectionState.RECONNECT_NEEDED)), is_denied
    )
    trouble = case((is_out, 0), (or_(is_failing, breaker), 1), else_=2)
    query = (
        select(ConnectionRow)
        .outerjoin(
            ShopCursorRow,
            and_(
                ShopCursorRow.connection_id == ConnectionRow.connection_id,
                ShopCursorRow.tenant_id == ConnectionRow.tenant_id,
            ),
        )
        .where(*scope.limits(ConnectionRow.tenant_id))
        .order_by(trouble, ConnectionRow.created_at, ConnectionRow.connection_id)
        .limit(MOST_CONNECTIONS)
    )
    return await standings(session, (await session.scalars(query)).all())
