"""Parked documents grouped by cause, counted and summed in the database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Share:
    """The documents of one cause that are in one currency."""

    reason: str | None
    about: Mapping[str, str]
    documents: int
    oldest_seen_at: datetime
    amounts: ParkedAmount

    @classmethod
    def from_row(cls, row: Row[Any]) -> "Share":
        """The documents that a row sums."""
        about = {name: found for name in ABOUT if (found := getattr(row, name)) is not None}
        invoices, corrections = amount(int(row.invoices)), amount(int(row.corrections))
        amounts = ParkedAmount(currency=row.currency, invoices=invoices, corrections=corrections)
        return cls(row.reason, about, row.documents, row.oldest_seen_at, amounts)


async def read_parked(session: AsyncSession, scope: Scope) -> ParkedRead:
    """Count every parked document in scope in exactly one group."""
    parked = _parked(scope)
    shares: dict[Cause, list[Share]] = defaultdict(list)
    for row in await session.execute(_sums(parked)):
        shares[_cause(row)].append(Share.from_row(row))
    samples: dict[Cause, list[ParkedSample]] = defaultdict(list)
    for row in await session.execute(_samples(parked)):
        samples[_cause(row)].append(_sample(row))
    groups = [_group(found, samples[cause]) for cause, found in shares.items()]
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


def _sample(row: Row[Any]) -> ParkedSample:
    return ParkedSample(
        id=row.document_id,
        type=row.type,
        number=row.number,
        issued_on=row.issued_on,
        gross_total=amount(row.gross_minor),
        currency=row.currency,
    )


def _group(shares: Sequence[Share], samples: Sequence[ParkedSample]) -> ParkedGroup:
    first = shares[0]
    return ParkedGroup(
        reason=first.reason or "unknown",
        reason_text=reason_text(first.reason),
        about=dict(first.about),
        documents=sum(share.documents for share in shares),
        oldest_seen_at=min(share.oldest_seen_at for share in shares),
        amounts=sorted((share.amounts for share in shares), key=lambda amounts: str(amounts.currency)),
        samples=list(samples),
        retry_together=first.reason not in ONLY_ONE_BY_ONE,
    )
