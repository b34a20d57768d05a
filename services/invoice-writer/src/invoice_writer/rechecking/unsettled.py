"""Writes that no search settles: looked for again every few minutes, and told of while they last."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, renew_alarm
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow, AttemptRow
from common.db.models.numbers import NumberedEffectRow
from common.domain.alarms import AlarmKind
from common.domain.releases import LOOKED_FOR_AGAIN
from common.effects.attempts import OPEN
from invoice_writer.outcomes import PARKED, WAITING
from invoice_writer.releasing import COLUMNS, not_in_line

KIND = AlarmKind.WRITE_UNSETTLED
SUBJECT = "writes"
LOOK_SECONDS = 60.0
BATCH = 500
SHOWN = 20


def to_look_for() -> Select[Any]:
    """Documents whose write is to be looked for again, longest due first."""
    return (
        select(*COLUMNS)
        .where(
            OutcomeRow.status == PARKED,
            OutcomeRow.reason.in_(LOOKED_FOR_AGAIN),
            OutcomeRow.waits_until <= db_now(),
            not_in_line(),
        )
        .order_by(OutcomeRow.waits_until, OutcomeRow.document_id)
        .limit(BATCH)
    )


class UnsettledWatch:
    """Keeps one alarm per merchant open while writes of his are in doubt for longer than they should be.

    Also those nobody looks for any more, because their connection is disabled or released. What a person
    decided about is no doubt any more.
    """

    def __init__(
        self, db: Database, after_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._db, self._after_seconds, self._clock = db, after_seconds, clock
        self._next_look_at: float | None = None

    async def look(self) -> None:
        """Raise and close what there is to, unless the last look was less than a minute ago."""
        if self._next_look_at is not None and self._clock() < self._next_look_at:
            return
        async with self._db.reading.begin() as session:
            found = (await session.execute(_unsettled(self._after_seconds))).all()
            opened = await session.scalars(
                select(AlarmRow.tenant_id).where(AlarmRow.kind == KIND.value, AlarmRow.closed_at.is_(None))
            )
            tenants = {tenant_id for tenant_id in opened if tenant_id is not None}
        if found or tenants:
            async with self._db.sessions.begin() as session:
                await _tell(session, found, tenants)
        self._next_look_at = self._clock() + LOOK_SECONDS


async def _tell(session: AsyncSession, found: Sequence[Any], opened: set[UUID]) -> None:
    by_tenant: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in found:
        by_tenant[row.tenant_id].append(row)
    for tenant_id, rows in sorted(by_tenant.items()):
        numbers = list(dict.fromkeys(f"{row.type} {row.number}" for row in rows))
        evidence = {
            "documents": numbers[:SHOWN],
            "count": len(numbers),
            "since": min(row.since for row in rows).isoformat(),
        }
        await renew_alarm(session, Alarm(KIND, SUBJECT, evidence, tenant_id))
    for tenant_id in opened - by_tenant.keys():
        await close_alarms(session, KIND, SUBJECT, tenant_id=tenant_id)


def _unsettled(after_seconds: float) -> Select[Any]:
    """Documents that are parked for it, and old open attempts of documents nobody decided about."""
    document = and_(
        OutcomeRow.tenant_id == NumberedEffectRow.tenant_id,
        OutcomeRow.connection_id == NumberedEffectRow.connection_id,
        OutcomeRow.type == NumberedEffectRow.type,
        OutcomeRow.number == NumberedEffectRow.number,
    )
    is_undecided: ColumnElement[bool] = or_(
        OutcomeRow.document_id.is_(None), OutcomeRow.status.in_((PARKED, WAITING))
    )
    attempts = (
        select(
            NumberedEffectRow.tenant_id,
            NumberedEffectRow.type,
            NumberedEffectRow.number,
            AttemptRow.armed_at.label("since"),
        )
        .join(AttemptRow, AttemptRow.effect_key == NumberedEffectRow.effect_key)
        .outerjoin(OutcomeRow, document)
        .where(AttemptRow.state == OPEN, AttemptRow.armed_at <= db_now(-after_seconds), is_undecided)
    )
    shown = select(
        OutcomeRow.tenant_id, OutcomeRow.type, OutcomeRow.number, OutcomeRow.changed_at.label("since")
    ).where(OutcomeRow.status == PARKED, OutcomeRow.reason.in_(LOOKED_FOR_AGAIN))
    both = attempts.union_all(shown).subquery()
    return select(both).order_by(both.c.since, both.c.number)
