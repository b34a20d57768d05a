"""Where each document stands, and the history of how it got there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.domain.documents import OriginalRef
from common.domain.stored_words import DocumentStatus, FileState
from common.events.documents import DocumentIssued
from invoice_writer.outcomes.outcome import Outcome
from invoice_writer.outcomes.rows import TIMELINE_ENTRY, find_all, record_all, timeline_details
from invoice_writer.outcomes.state import DocumentState


class OutcomeRepository:
    """Outcomes of one tenant; every method works inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id

    async def find(self, document_id: UUID) -> DocumentState | None:
        """Look where the document stands; None while nothing was decided."""
        return (await find_all(self._session, [(self._tenant_id, document_id)]))[0]

    async def record(self, event: DocumentIssued, outcome: Outcome) -> int | None:
        """Make the document stand as the outcome says and remember why. Returns the new revision.

        None when the books hold its voucher by now: a late decision not to book changes nothing.
        """
        assert event.tenant_id == self._tenant_id
        revision = (await record_all(self._session, [(event, outcome)]))[0]
        if revision is not None and outcome.waits_for is not None:
            await self.wait(event.document_id, outcome.waits_for)
        return revision

    async def update_status(self, document_id: UUID, outcome: Outcome) -> int:
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
        await self.add_timeline_entry(document_id, outcome.status, timeline_details(outcome))
        return revision

    async def set_file(self, document_id: UUID, status: FileState, **columns: str | None) -> None:
        """Record how the document's file stands; the outcome itself stays."""
        names = {name: value for name, value in columns.items() if value is not None}
        await self._session.execute(
            update(OutcomeRow)
            .where(OutcomeRow.document_id == document_id, OutcomeRow.tenant_id == self._tenant_id)
            .values(file_status=status, changed_at=db_now(), **names)
        )
        await self.add_timeline_entry(document_id, f"file_{status}", dict(names))

    async def set_pdf(self, document_id: UUID, pdf: OriginalRef) -> None:
        """Remember which file belongs to the document, unless one is attached already."""
        remembering = (
            update(OutcomeRow)
            .where(
                OutcomeRow.document_id == document_id,
                OutcomeRow.tenant_id == self._tenant_id,
                OutcomeRow.file_status != FileState.ATTACHED,
            )
            .values(
                pdf_sha256=pdf.sha256, pdf_size=pdf.size, file_status=FileState.PENDING, changed_at=db_now()
            )
            .returning(OutcomeRow.document_id)
        )
        if (await self._session.execute(remembering)).one_or_none() is None:
            return
        await self.add_timeline_entry(document_id, "file_stored", {"sha256": pdf.sha256, "size": pdf.size})

    async def add_timeline_entry(self, document_id: UUID, what: str, details: dict[str, Any]) -> None:
        """Append one entry to the document's history."""
        entry = {
            "tenant_id": self._tenant_id,
            "document_id": document_id,
            "what": what,
            "details": details,
        }
        await self._session.execute(TIMELINE_ENTRY, entry)

    async def issue_event(self, document_id: UUID) -> tuple[str, bytes] | None:
        """Read type and payload of the event the document came with."""
        query = select(OutcomeRow.event_type, OutcomeRow.event).where(
            OutcomeRow.document_id == document_id, OutcomeRow.tenant_id == self._tenant_id
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None or row.event is None else (row.event_type, row.event)

    async def wait(self, document_id: UUID, time: timedelta) -> None:
        """Move the moment an open document waits for."""
        await self._session.execute(
            update(OutcomeRow)
            .where(
                OutcomeRow.document_id == document_id,
                OutcomeRow.tenant_id == self._tenant_id,
                OutcomeRow.status.in_((DocumentStatus.WAITING, DocumentStatus.PARKED)),
            )
            .values(waits_until=db_now(time.total_seconds()))
        )

    async def stay(self, document_id: UUID, outcome: Outcome, waits_for: timedelta) -> None:
        """Leave the document as it stands; it may come back in line once more after this time."""
        await self._session.execute(
            update(OutcomeRow)
            .where(OutcomeRow.document_id == document_id, OutcomeRow.tenant_id == self._tenant_id)
            .values(
                params=outcome.params,
                revision=OutcomeRow.revision + 1,
                waits_until=db_now(waits_for.total_seconds()),
            )
        )
