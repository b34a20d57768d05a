"""The rows of outcomes: looked at and recorded for many documents at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Integer, Row, func, literal, null, select, true
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import ForRows, db_now, insert, one_of, prepared
from common.db.models.base import table
from common.db.models.books import OutcomeRow, TimelineRow
from common.domain.stored_words import FileState
from common.events.documents import DocumentIssued
from invoice_writer.outcomes.outcome import Outcome
from invoice_writer.outcomes.state import DocumentState

OUTCOMES = table(OutcomeRow)
TIMELINE_ENTRY = plain_insert(table(TimelineRow)).values(created_at=db_now())
STATE_COLUMNS = (
    OUTCOMES.c.status,
    OUTCOMES.c.reason,
    OUTCOMES.c.params,
    OUTCOMES.c.voucher_id,
    OUTCOMES.c.file_status,
    OUTCOMES.c.pdf_sha256,
    OUTCOMES.c.revision,
    OUTCOMES.c.first_seen_at,
    db_now().label("read_at"),
)
GIVEN = (
    "document_id",
    "tenant_id",
    "connection_id",
    "order_id",
    "type",
    "number",
    "issued_on",
    "gross_minor",
    "status",
    "reason",
    "params",
    "rules",
    "evidence",
    "decision",
    "settings_version_id",
    "voucher_id",
    "how",
    "pdf_sha256",
    "pdf_size",
    "file_status",
    "event",
    "event_type",
)
# Another decision overwrites what was decided, never what happened: the voucher in the books, the file that
# was delivered and how it stands survive. Without that a late decision would take a booking back.
KEPT = ("document_id", "tenant_id", "voucher_id", "how", "pdf_sha256", "pdf_size", "file_status")
DECIDED = (*(name for name in GIVEN if name not in KEPT), "changed_at", "waits_until")


async def find_all(session: AsyncSession, wanted: Sequence[tuple[UUID, UUID]]) -> list[DocumentState | None]:
    """Look where documents stand, given as tenant and document; None while nothing was decided."""
    tenants, documents = {tenant for tenant, _ in wanted}, [document for _, document in wanted]
    rows = await session.execute(_standing(session), {"tenants": list(tenants), "documents": documents})
    found = {(row.tenant_id, row.document_id): _state_of(row) for row in rows}
    return [found.get(one) for one in wanted]


async def record_all(
    session: AsyncSession, decided: Sequence[tuple[DocumentIssued, Outcome]]
) -> list[int | None]:
    """Record as `OutcomeRepository.record`, for many documents, but for the moments that some wait for."""
    rows = [_values(event, outcome) for event, outcome in decided]
    rows.sort(key=lambda row: row["document_id"])
    done = await session.execute(*RECORD(session, rows))
    revisions: dict[UUID, int] = {row.document_id: row.revision for row in done}
    story = [
        {
            "tenant_id": event.tenant_id,
            "document_id": event.document_id,
            "what": outcome.status,
            "details": timeline_details(outcome),
        }
        for event, outcome in decided
        if event.document_id in revisions
    ]
    if story:
        await session.execute(TIMELINE_ENTRY, story)
    return [revisions.get(event.document_id) for event, _ in decided]


def _values(event: DocumentIssued, outcome: Outcome) -> dict[str, Any]:
    document = event.document
    return {
        "document_id": event.document_id,
        "tenant_id": event.tenant_id,
        "connection_id": event.connection_id,
        "order_id": event.order_id,
        "type": event.document_type.value,
        "number": event.number,
        "issued_on": document.issued_on,
        "gross_minor": document.gross_total.minor,
        "status": outcome.status,
        "reason": outcome.reason,
        "params": outcome.params,
        "rules": list(outcome.rules),
        "evidence": outcome.evidence,
        "decision": outcome.decision,
        "settings_version_id": outcome.settings_version_id,
        "voucher_id": outcome.voucher_id,
        "how": outcome.how,
        "pdf_sha256": event.pdf.sha256 if event.pdf else None,
        "pdf_size": event.pdf.size if event.pdf else None,
        "file_status": FileState.PENDING,
        "event": event.model_dump_json().encode(),
        "event_type": event.type,
    }


def _state_of(row: Row[Any]) -> DocumentState:
    return DocumentState(
        status=row.status,
        reason=row.reason,
        params=row.params,
        voucher_id=row.voucher_id,
        file_status=row.file_status,
        pdf_sha256=row.pdf_sha256,
        revision=row.revision,
        first_seen_at=row.first_seen_at,
        read_at=row.read_at,
    )


@prepared
def _standing(session: AsyncSession) -> Any:
    return select(*STATE_COLUMNS, OUTCOMES.c.tenant_id, OUTCOMES.c.document_id).where(
        one_of(session, OUTCOMES.c.document_id, "documents"), one_of(session, OUTCOMES.c.tenant_id, "tenants")
    )


def _record(session: AsyncSession, given: FromClause) -> Any:
    """Another decision replaces the last; the file, the first moment and a voucher that is there stay."""
    values = {name: given.c[name] for name in GIVEN} | {
        "first_seen_at": db_now(),
        "changed_at": db_now(),
        "waits_until": null(),
        "revision": literal(1, Integer()),
    }
    source = select(*values.values()).where(true())  # SQLite needs the WHERE to tell ON CONFLICT from a join
    row = insert(session, OUTCOMES).from_select(list(values), source)
    decided = {name: row.excluded[name] for name in DECIDED}
    voucher = {name: func.coalesce(row.excluded[name], OUTCOMES.c[name]) for name in ("voucher_id", "how")}
    changed = {**decided, **voucher, "revision": OUTCOMES.c.revision + 1}
    not_booked = row.excluded.voucher_id.is_not(None) | OUTCOMES.c.voucher_id.is_(None)
    allowed = not_booked & (OUTCOMES.c.tenant_id == row.excluded.tenant_id)
    statement = row.on_conflict_do_update(index_elements=["document_id"], set_=changed, where=allowed)
    return statement.returning(OUTCOMES.c.document_id, OUTCOMES.c.revision)


RECORD = ForRows({name: OUTCOMES.c[name].type for name in GIVEN}, _record)


def timeline_details(outcome: Outcome) -> dict[str, Any]:
    story = {
        "reason": outcome.reason,
        "params": outcome.params or None,
        "rules": list(outcome.rules) or None,
        "settings_version_id": str(outcome.settings_version_id) if outcome.settings_version_id else None,
        "voucher_id": outcome.voucher_id,
        "how": outcome.how,
    }
    return {name: value for name, value in story.items() if value is not None}
