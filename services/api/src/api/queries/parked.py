"""Parked documents grouped by cause, counted and summed in the database."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy import Row, Subquery, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Scope
from api.presenters.amounts import amount
from api.presenters.reasons import reason_text
from api.queries.documents import REASON, STATUS, WITH_OUTCOME
from api.schemas.documents import Status
from api.schemas.parked import AboutName, ParkedAmount, ParkedGroup, ParkedRead, ParkedSample
from common.db.models.books import OutcomeRow
from common.db.models.ingest import DocumentRow
from common.domain.documents import DocumentType
from common.domain.reasons import ONLY_ONE_BY_ONE

ABOUT: tuple[str, ...] = get_args(AboutName)
MOST_GROUPS = 500
SAMPLES = 3

Cause = tuple[str, ...]


async def read_parked(session: AsyncSession, scope: Scope) -> ParkedRead:
    """Count every parked document in scope in exactly one group."""
    parked = _parked(scope)
    sums: dict[Cause, list[Row[Any]]] = defaultdict(list)
    for row in (await session.execute(_sums(parked))).all():
        sums[_cause(row)].append(row)
    samples: dict[Cause, list[Row[Any]]] = defaultdict(list)
    for row in (await session.execute(_samples(parked))).all():
        samples[_cause(row)].append(row)
    groups = [_group(rows, samples[cause]) for cause, rows in sums.items()]
    groups.sort(key=lambda group: (-group.documents, group.reason, sorted(group.about.items())))
    return ParkedRead(documents=sum(group.documents for group in groups), groups=groups[:MOST_GROUPS])


def _parked(scope: Scope) -> Subquery:
    about = (OutcomeRow.params[name].as_string().label(name) for name in ABOUT)
    return (
        select(
            DocumentRow.document_id,
            DocumentRow.type,
            DocumentRow.number,
            DocumentRow.issued_on,
            DocumentRow.gross_minor,
            DocumentRow.currency,
            DocumentRow.seen_at,
            REASON.label("reason"),
            *about,
        )
        .outerjoin(OutcomeRow, WITH_OUTCOME)
        .where(STATUS == Status.PARKED.value, *scope.limits(DocumentRow.tenant_id))
        .subquery()
    )


def _sums(parked: Subquery) -> Any:
    is_invoice = parked.c.type == DocumentType.INVOICE.value
    cause = [parked.c.reason, *(parked.c[name] for name in ABOUT), parked.c.currency]
    return select(
        *cause,
        func.count().label("documents"),
        func.min(parked.c.seen_at).label("oldest_seen_at"),
        func.sum(case((is_invoice, parked.c.gross_minor), else_=0)).label("invoices"),
        func.sum(case((is_invoice, 0), else_=func.abs(parked.c.gross_minor))).label("corrections"),
    ).group_by(*cause)


def _samples(parked: Subquery) -> Any:
    cause = [parked.c.reason, *(parked.c[name] for name in ABOUT)]
    order = (parked.c.seen_at, parked.c.document_id)
    place = func.row_number().over(partition_by=cause, order_by=order)
    ranked = select(parked, place.label("place")).subquery()
    return select(ranked).where(ranked.c.place <= SAMPLES).order_by(ranked.c.place)


def _cause(row: Row[Any]) -> Cause:
    return (row.reason or "", *(getattr(row, name) or "" for name in ABOUT))


def _group(rows: Sequence[Row[Any]], samples: Sequence[Row[Any]]) -> ParkedGroup:
    first = rows[0]
    return ParkedGroup(
        reason=first.reason or "unknown",
        reason_text=reason_text(first.reason),
        about={name: getattr(first, name) for name in ABOUT if getattr(first, name) is not None},
        documents=sum(row.documents for row in rows),
        oldest_seen_at=min(row.oldest_seen_at for row in rows),
        amounts=[
            ParkedAmount(
                currency=row.currency,
                invoices=amount(int(row.invoices)),
                corrections=amount(int(row.corrections)),
            )
            for row in sorted(rows, key=lambda row: str(row.currency))
        ],
        samples=[
            ParkedSample(
                id=row.document_id,
                type=row.type,
                number=row.number,
                issued_on=row.issued_on,
                gross_total=amount(row.gross_minor),
                currency=row.currency,
            )
            for row in samples
        ],
        retry_together=first.reason not in ONLY_ONE_BY_ONE,
    )
