"""Marks documents that are to be decided again; `portions` puts them in line when their turn comes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.base import table
from common.db.models.books import HAS_NO_TURN, OutcomeRow, ReleasedDocumentRow, ReleasePortionRow
from invoice_writer.released.candidates import Candidate

RELEASED = table(ReleasedDocumentRow)
PORTIONS = table(ReleasePortionRow)
FEW = 10  # documents of a merchant, released together, that need not wait behind a backfill


async def mark(
    session: AsyncSession,
    documents: Sequence[Candidate],
    *,
    are_all: bool = True,
    asked_by: UUID | None = None,
    vouchers: Mapping[UUID, str] | None = None,
    after: datetime | None = None,
) -> int:
    """Have the documents decided again in their turn, and return how many are marked.

    By itself a document comes back in line once per outcome; somebody who asks gets another try each time.
    `are_all`: there are no more of them than these. `vouchers` are to stand for their documents, if equal.
    Documents that others have to go before take their place `after` those.
    """
    wanted = [one for one in documents if asked_by is not None or one.queued_revision != one.revision]
    if not wanted:
        return 0
    count = Counter(one.tenant_id for one in wanted)
    marks = [
        {
            "document_id": one.document_id,
            "tenant_id": one.tenant_id,
            "status": one.status,
            "reason": one.reason,
            "first_seen_at": max(one.first_seen_at, after or one.first_seen_at),
            "is_few": are_all and count[one.tenant_id] <= FEW,
            "asked_by": asked_by,
            "voucher_id": (vouchers or {}).get(one.document_id),
        }
        for one in sorted(wanted, key=lambda one: one.document_id)
    ]
    await session.execute(_marking(session), marks)
    portions = insert(session, PORTIONS).values(began_at=db_now(-86_400.0), size=0)
    await session.execute(
        portions.on_conflict_do_nothing(), [{"tenant_id": tenant_id} for tenant_id in sorted(count)]
    )
    return len(wanted)


async def newest_place(session: AsyncSession, tenant_id: UUID) -> datetime | None:
    """Find the last place among the merchant's documents that wait for a voucher to stand for them."""
    waiting = (RELEASED.c.tenant_id == tenant_id, RELEASED.c.event_id.is_(None))
    query = select(func.max(RELEASED.c.first_seen_at)).where(*waiting, RELEASED.c.voucher_id.is_not(None))
    found: datetime | None = await session.scalar(query)
    return found


def not_requeued() -> ColumnElement[bool]:
    """Whether the outcome neither waits for its turn nor has been put back in line by itself."""
    waits = exists().where(RELEASED.c.document_id == OutcomeRow.document_id, RELEASED.c.event_id.is_(None))
    return and_(OutcomeRow.queued_revision.is_distinct_from(OutcomeRow.revision), ~waits)


def _marking(session: AsyncSession) -> Any:
    """One mark per document; a second one says how the document stands now, and keeps who asked."""
    marking = insert(session, RELEASED).values(event_id=None, released_at=db_now())
    new = marking.excluded
    return marking.on_conflict_do_update(
        index_elements=["document_id"],
        index_where=HAS_NO_TURN,
        set_={
            "status": new.status,
            "reason": new.reason,
            "is_few": or_(RELEASED.c.is_few, new.is_few),
            "asked_by": func.coalesce(new.asked_by, RELEASED.c.asked_by),
            "voucher_id": func.coalesce(new.voucher_id, RELEASED.c.voucher_id),
        },
    )
