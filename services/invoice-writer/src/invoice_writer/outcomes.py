"""Where each document stands, and the history of how it got there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, bindparam, func, null, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, prepared
from common.db.models.books import OutcomeRow, TimelineRow
from common.domain.documents import DocumentType, OriginalRef
from common.events.documents import DocumentIssued

BOOKED, PARKED, EXCLUDED, WAITING = "booked", "parked", "excluded", "waiting"
ATTACHED, PENDING, REFUSED, MISSING = "attached", "pending", "refused", "missing"
NOT_WANTED = "not_wanted"

OUTCOMES = cast(Table, OutcomeRow.__table__)
SEEN_COLUMNS = (
    OUTCOMES.c.status,
    OUTCOMES.c.reason,
    OUTCOMES.c.params,
    OUTCOMES.c.voucher_id,
    OUTCOMES.c.how,
    OUTCOMES.c.file_status,
    OUTCOMES.c.pdf_sha256,
    OUTCOMES.c.pdf_size,
    OUTCOMES.c.revision,
    OUTCOMES.c.first_seen_at,
    db_now().label("now"),
)

SEEN = select(*SEEN_COLUMNS).where(
    OUTCOMES.c.document_id == bindparam("wanted"), OUTCOMES.c.tenant_id == bindparam("tenant")
)
NOTE = plain_insert(cast(Table, TimelineRow.__table__)).values(created_at=db_now())
DECIDED = (
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
    "event",
    "event_type",
    "changed_at",
    "waits_until",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome to record: the status with what led to it."""

    status: str
    reason: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] | None = None
    settings_version_id: UUID | None = None
    voucher_id: str | None = None
    how: str | None = None
    waits_for: timedelta | None = None


class OutcomeRepository:
    """Outcomes of one tenant; every method works inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id

    async def find(self, document_id: UUID) -> Row[Any] | None:
        """The outcome's status columns, or None while nothing was decided."""
        wanted = {"wanted": document_id, "tenant": self._tenant_id}
        return (await self._session.execute(SEEN, wanted)).one_or_none()

    async def record(self, event: DocumentIssued, outcome: Outcome) -> int | None:
        """Make the document stand as the outcome says and remember why; the outcome's new revision.

        None when the books hold its voucher by now: a late decision not to book changes nothing.
        """
        values, statement = self._values(event, outcome), _record(self._session)
        revision: int | None = (await self._session.execute(statement, values)).scalar_one_or_none()
        if revision is None:
            return None
        if outcome.waits_for is not None:
            await self.wait(event.document_id, outcome.waits_for)
        await self.note(event.document_id, outcome.status, _story(outcome))
        return revision

    async def restand(self, document_id: UUID, outcome: Outcome) -> int:
        """Change only status, reason and parameters; what was decided and written stays on record."""
        statement = (
            update(OutcomeRow)
            .where(OutcomeRow.document_id == document_id, OutcomeRow.tenant_id == self._tenant_id)
            .values(
                status=outcome.status,
                reason=outcome.reason,
                params=outcome.params,
                revision=OutcomeRow.revision + 1,
                changed_at=db_now(),
                waits_until=None,
            )
            .returning(OutcomeRow.revision)
        )
        revision: int = (await self._session.execute(statement)).scalar_one()
        await self.note(document_id, outcome.status, _story(outcome))
        return revision

    async def set_file(self, document_id: UUID, status: str, **columns: str | None) -> None:
        """Record how the document's file stands; the outcome itself stays."""
        names = {name: value for name, value in columns.items() if value is not None}
        await self._session.execute(
            update(OutcomeRow)
            .where(OutcomeRow.document_id == document_id, OutcomeRow.tenant_id == self._tenant_id)
            .values(file_status=status, changed_at=db_now(), **names)
        )
        await self.note(document_id, f"file_{status}", dict(names))

    async def set_pdf(self, document_id: UUID, pdf: OriginalRef) -> None:
        """Remember which file belongs to the document, unless one is attached already."""
        remembering = (
            update(OutcomeRow)
            .where(
                OutcomeRow.document_id == document_id,
                OutcomeRow.tenant_id == self._tenant_id,
                OutcomeRow.file_status != ATTACHED,
            )
            .values(pdf_sha256=pdf.sha256, pdf_size=pdf.size, file_status=PENDING, changed_at=db_now())
            .returning(OutcomeRow.document_id)
        )
        if (await self._session.execute(remembering)).one_or_none() is None:
            return
        await self.note(document_id, "file_stored", {"sha256": pdf.sha256, "size": pdf.size})

    async def note(self, document_id: UUID, what: str, details: dict[str, Any]) -> None:
        """Append one entry to the document's history."""
        entry = {
            "tenant_id": self._tenant_id,
            "document_id": document_id,
            "what": what,
            "details": details,
        }
        await self._session.execute(NOTE, entry)

    async def invoices_of_order(self, connection_id: UUID, order_id: str) -> Sequence[Row[Any]]:
        """Number, date, total and status of the order's invoices, as far as they were decided."""
        query = select(
            OutcomeRow.number,
            OutcomeRow.issued_on,
            OutcomeRow.gross_minor,
            OutcomeRow.status,
            OutcomeRow.reason,
            OutcomeRow.event,
        ).where(
            OutcomeRow.tenant_id == self._tenant_id,
            OutcomeRow.connection_id == connection_id,
            OutcomeRow.order_id == order_id,
            OutcomeRow.type == DocumentType.INVOICE.value,
        )
        return (await self._session.execute(query)).all()

    async def issue_event(self, document_id: UUID) -> tuple[str, bytes] | None:
        """Type and payload of the event the document came with."""
        query = select(OutcomeRow.event_type, OutcomeRow.event).where(
            OutcomeRow.document_id == document_id, OutcomeRow.tenant_id == self._tenant_id
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None or row.event is None else (row.event_type, row.event)

    async def wait(self, document_id: UUID, time: timedelta) -> None:
        """Move the moment a waiting document waits for."""
        await self._session.execute(
            update(OutcomeRow)
            .where(
                OutcomeRow.document_id == document_id,
                OutcomeRow.tenant_id == self._tenant_id,
                OutcomeRow.status == WAITING,
            )
            .values(waits_until=db_now(time.total_seconds()))
        )

    def _values(self, event: DocumentIssued, outcome: Outcome) -> dict[str, Any]:
        document = event.document
        return {
            "document_id": event.document_id,
            "tenant_id": self._tenant_id,
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
            "file_status": PENDING,
            "event": event.model_dump_json().encode(),
            "event_type": event.type,
        }


@prepared
def _record(session: AsyncSession) -> Any:
    """Another decision replaces the last; the file, the first moment and a voucher that is there stay."""
    row = insert(session, OUTCOMES).values(
        first_seen_at=db_now(), changed_at=db_now(), waits_until=null(), revision=1
    )
    decided = {name: row.excluded[name] for name in DECIDED}
    voucher = {name: func.coalesce(row.excluded[name], OUTCOMES.c[name]) for name in ("voucher_id", "how")}
    changed = {**decided, **voucher, "revision": OUTCOMES.c.revision + 1}
    not_booked = row.excluded.voucher_id.is_not(None) | OUTCOMES.c.voucher_id.is_(None)
    allowed = not_booked & (OUTCOMES.c.tenant_id == row.excluded.tenant_id)
    statement = row.on_conflict_do_update(index_elements=["document_id"], set_=changed, where=allowed)
    return statement.returning(OUTCOMES.c.revision)


def _story(outcome: Outcome) -> dict[str, Any]:
    story = {
        "reason": outcome.reason,
        "params": outcome.params or None,
        "rules": list(outcome.rules) or None,
        "settings_version_id": str(outcome.settings_version_id) if outcome.settings_version_id else None,
        "voucher_id": outcome.voucher_id,
        "how": outcome.how,
    }
    return {name: value for name, value in story.items() if value is not None}
