"""Books that deny access do not tell when they give it again: one document an hour tries it for all."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import aliased

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.domain.reasons import CURED_WHEN_ACCEPTED
from common.domain.stored_words import DocumentStatus
from invoice_writer.released import COLUMNS, PLACE, not_requeued

PROBE_SECONDS = 3600.0
BATCH = 500


def probes() -> Select[Any]:
    """Of each merchant whose books denied access the first such document, an hour after the last denial."""
    recent = aliased(OutcomeRow)
    denied_recently = exists().where(
        recent.tenant_id == OutcomeRow.tenant_id,
        recent.status == DocumentStatus.PARKED,
        recent.reason.in_(CURED_WHEN_ACCEPTED),
        recent.changed_at > db_now(-PROBE_SECONDS),
    )
    place = func.row_number().over(
        partition_by=OutcomeRow.tenant_id, order_by=(OutcomeRow.changed_at, OutcomeRow.document_id)
    )
    denied = (
        select(*COLUMNS, place.label("place")).where(_denied(), ~denied_recently, not_requeued()).subquery()
    )
    return select(denied).where(denied.c.place == 1).limit(BATCH)


def accepted_again() -> Select[Any]:
    """Documents that the books denied an hour ago or earlier and before they took another one."""
    later = aliased(OutcomeRow)
    long_ago = OutcomeRow.changed_at <= db_now(-PROBE_SECONDS)
    taken_since = exists().where(
        later.tenant_id == OutcomeRow.tenant_id,
        later.status == DocumentStatus.BOOKED,
        later.changed_at > OutcomeRow.changed_at,
    )
    chosen = (_denied(), long_ago, taken_since, not_requeued())
    return select(*COLUMNS).where(*chosen).order_by(*PLACE).limit(BATCH)


def _denied() -> ColumnElement[bool]:
    return and_(OutcomeRow.status == DocumentStatus.PARKED, OutcomeRow.reason.in_(CURED_WHEN_ACCEPTED))
