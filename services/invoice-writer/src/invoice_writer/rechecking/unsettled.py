"""Writes that no search settles: looked for again every few minutes, and told of while they last."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.effects import AttemptRow
from common.db.models.numbers import NumberedEffectRow
from common.domain.alarms import AlarmKind
from common.domain.reasons import LOOKED_FOR_AGAIN
from common.domain.stored_words import AttemptState, DocumentStatus
from invoice_writer.rechecking.merchants import MerchantWatch
from invoice_writer.released import COLUMNS, not_requeued

BATCH = 500


def to_look_for() -> Select[Any]:
    """Documents whose write is to be looked for again, longest due first."""
    return (
        select(*COLUMNS)
        .where(
            OutcomeRow.status == DocumentStatus.PARKED,
            OutcomeRow.reason.in_(LOOKED_FOR_AGAIN),
            OutcomeRow.waits_until <= db_now(),
            not_requeued(),
        )
        .order_by(OutcomeRow.waits_until, OutcomeRow.document_id)
        .limit(BATCH)
    )


class UnsettledWatch(MerchantWatch):
    """Writes in doubt for longer than they should be, also where nobody looks for them any more.

    Their connection may be disabled or released. What a person decided about is no doubt any more.
    """

    def __init__(self, db: Database, after_seconds: float) -> None:
        super().__init__(db, AlarmKind.WRITE_UNSETTLED, "writes", lambda: _unsettled(after_seconds))


def _unsettled(after_seconds: float) -> Select[Any]:
    """Documents that are parked for it, and old open attempts of documents nobody decided about."""
    document = and_(
        OutcomeRow.tenant_id == NumberedEffectRow.tenant_id,
        OutcomeRow.connection_id == NumberedEffectRow.connection_id,
        OutcomeRow.type == NumberedEffectRow.type,
        OutcomeRow.number == NumberedEffectRow.number,
    )
    is_undecided: ColumnElement[bool] = or_(
        OutcomeRow.document_id.is_(None),
        OutcomeRow.status.in_((DocumentStatus.PARKED, DocumentStatus.WAITING)),
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
        .where(
            AttemptRow.state == AttemptState.OPEN, AttemptRow.armed_at <= db_now(-after_seconds), is_undecided
        )
    )
    shown = select(
        OutcomeRow.tenant_id, OutcomeRow.type, OutcomeRow.number, OutcomeRow.changed_at.label("since")
    ).where(OutcomeRow.status == DocumentStatus.PARKED, OutcomeRow.reason.in_(LOOKED_FOR_AGAIN))
    both = attempts.union_all(shown).subquery()
    return select(both).order_by(both.c.since, both.c.number)
