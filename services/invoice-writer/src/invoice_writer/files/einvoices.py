"""Compares the e-invoice inside a PDF with the voucher: before booking, or afterwards if it came late."""

import asyncio
from collections.abc import Mapping

import structlog
from pydantic import JsonValue
from sqlalchemy import select

from common.archive import Archive, ArchivedFileCorrupt, ArchivedFileMissing, EInvoiceRef
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.domain.alarms import AlarmKind
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, EInvoice, EInvoiceProblem, Park, differences
from common.einvoice.cii import UnreadableEInvoice, read_einvoice
from common.events.documents import DocumentIssued
from invoice_writer.files.accepted import Acceptances
from invoice_writer.outcomes import DocumentState, tell_of_document

log = structlog.get_logger(__name__)

DIFFERS = DocumentReason.EINVOICE_DIFFERS
AGREES, UNREADABLE, ACCEPTED = "einvoice.agrees", "einvoice.unreadable", "einvoice.difference_accepted"
NOT_COMPARED = {
    EInvoiceProblem.TOO_LARGE.value: "einvoice.too_large",
    EInvoiceProblem.NOT_OPENED.value: "einvoice.pdf_not_opened",
}
PERHAPS_WRITTEN = frozenset(
    {
        DocumentReason.WRITE_UNCONFIRMED.value,
        DocumentReason.ATTEMPTS_USED_UP.value,
        DocumentReason.NUMBER_TAKEN_IN_BOOKS.value,
        DocumentReason.MARKER_MISSING_IN_BOOKS.value,
        DocumentReason.DUPLICATE_IN_BOOKS.value,
        DocumentReason.SAME_DOCUMENT_ELSEWHERE.value,
    }
)


class EInvoices:
    """Reads e-invoices from the archive; a document without one costs nothing."""

    def __init__(self, db: Database, archive: Archive) -> None:
        self._db, self._archive = db, archive

    async def compared(
        self, event: DocumentIssued, state: DocumentState | None, decision: Decision
    ) -> Decision | Park:
        """Compare the e-invoice with the decision. Returns the decision with its evidence, or a park.

        An e-invoice that came after a write was tried changes nothing here: the voucher may be there.
        """
        if _is_late(event, state) and state is not None and state.reason in PERHAPS_WRITTEN:
            return decision
        sha256, problem = await self._einvoice_of(event, state)
        if problem in NOT_COMPARED:
            return _noted(decision, NOT_COMPARED[problem], {"problem": problem})
        if sha256 is None:
            return decision
        found = await self._read(event, sha256)
        if isinstance(found, str):
            return _noted(decision, UNREADABLE, {"sha256": sha256, "problem": found})
        evidence: dict[str, JsonValue] = {"sha256": sha256, **found.model_dump(mode="json")}
        differing = differences(found, decision)
        if not differing:
            return _noted(decision, AGREES, evidence)
        if await self._is_accepted(event, sha256, differing):
            return _noted(decision, ACCEPTED, {**evidence, "differences": differing})
        return Park(
            reason=DIFFERS,
            params={"differences": differing, "differs": "+".join(sorted(differing))},
            rules=(*decision.rules, f"park.{DIFFERS.value}"),
            evidence={**decision.evidence, "einvoice": evidence},
        )

    async def report_late(self, event: DocumentIssued, state: DocumentState) -> None:
        """Raise an alarm, once, when an e-invoice that came after the booking contradicts the voucher."""
        if not _is_late(event, state):
            return
        sha256, _ = await self._einvoice_of(event, state)
        decision = await self._decision(event) if sha256 is not None else None
        found = await self._read(event, sha256) if sha256 is not None and decision is not None else ""
        if sha256 is None or decision is None or isinstance(found, str):
            return
        differing = differences(found, decision)
        if differing:
            evidence = {"differences": differing, "einvoice": sha256, "voucher_id": state.voucher_id}
            async with self._db.sessions.of(event.tenant_id) as session:
                await tell_of_document(session, event, AlarmKind.EINVOICE_DIFFERS, sha256, evidence)

    async def _is_accepted(
        self, event: DocumentIssued, sha256: str, differing: Mapping[str, JsonValue]
    ) -> bool:
        async with self._db.reading.of(event.tenant_id) as session:
            acceptances = Acceptances(session, event.tenant_id)
            return await acceptances.covers(event.document_id, sha256, differing)

    async def _einvoice_of(self, event: DocumentIssued, state: DocumentState | None) -> EInvoiceRef:
        if not _is_late(event, state) and event.pdf is not None:
            return EInvoiceRef(event.pdf.einvoice_sha256, event.pdf.einvoice_problem)
        if state is None or state.pdf_sha256 is None:
            return EInvoiceRef(None, None)
        async with self._db.reading.of(event.tenant_id) as session:
            return await self._archive.einvoice_of(session, event.tenant_id, state.pdf_sha256)

    async def _read(self, event: DocumentIssued, sha256: str) -> EInvoice | str:
        """Read what the e-invoice says. Returns why that cannot be known instead."""
        try:
            async with self._db.reading.of(event.tenant_id) as session:
                xml = await self._archive.read(session, event.tenant_id, sha256)
            return await asyncio.to_thread(read_einvoice, xml)
        except (ArchivedFileMissing, ArchivedFileCorrupt) as loss:
            log.error("einvoice.lost", tenant_id=str(event.tenant_id), sha256=sha256, error=loss.code)
            return loss.code
        except UnreadableEInvoice as trouble:
            return str(trouble)

    async def _decision(self, event: DocumentIssued) -> Decision | None:
        query = select(OutcomeRow.decision).where(
            OutcomeRow.document_id == event.document_id, OutcomeRow.tenant_id == event.tenant_id
        )
        async with self._db.reading.of(event.tenant_id) as session:
            stored = (await session.execute(query)).scalar_one_or_none()
        return None if stored is None else Decision.model_validate(stored)


def _is_late(event: DocumentIssued, state: DocumentState | None) -> bool:
    """Whether the document's file is another than the one it was announced with."""
    announced = event.pdf.sha256 if event.pdf is not None else None
    return state is not None and state.pdf_sha256 is not None and state.pdf_sha256 != announced


def _noted(decision: Decision, rule: str, evidence: dict[str, JsonValue]) -> Decision:
    noted = {"rules": (*decision.rules, rule), "evidence": {**decision.evidence, "einvoice": evidence}}
    return decision.model_copy(update=noted)
