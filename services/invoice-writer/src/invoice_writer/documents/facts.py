"""What a shop tells of a document: it was issued, it came with other content, its file came or will not."""

from collections.abc import Sequence

from common.db.engine import Database
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus, FileState
from common.events.documents import (
    CreditNoteIssued,
    DocumentConflicted,
    DocumentFileMissed,
    DocumentFileStored,
    DocumentIssued,
    InvoiceIssued,
)
from common.inbox.messages import Done, Later
from common.inbox.routes import Route, on
from invoice_writer.deciding import Decider
from invoice_writer.documents.desk import DocumentDesk
from invoice_writer.excluding import read_known
from invoice_writer.outcomes import Outcome, OutcomeRepository, update_status

CONFLICT = DocumentReason.DOCUMENT_CONFLICT.value


class DocumentFacts:
    """One method per fact; each is safe to run any number of times."""

    def __init__(self, db: Database, decider: Decider, desk: DocumentDesk) -> None:
        self._db, self._decider, self._desk = db, decider, desk

    def routes(self) -> Sequence[Route]:
        """The facts handled here."""
        return (
            on(InvoiceIssued, self.issued),
            on(CreditNoteIssued, self.issued),
            on(DocumentConflicted, self.conflicted),
            on(DocumentFileStored, self.file_stored),
            on(DocumentFileMissed, self.file_missed),
        )

    async def issued(self, event: DocumentIssued) -> Done | Later:
        """Make the books hold exactly one voucher for this document, with its file, or record why not."""
        state = await self._desk.state(event)
        if state is not None and state.is_settled:
            return Done()
        if state is not None and state.status == DocumentStatus.BOOKED:
            return await self._desk.file(event, state)
        if (ended := await self._desk.end_open_write(event, state)) is not None:
            return ended
        plan = await self._decider.decide(event, state)
        return await self._desk.write(event, plan, state)

    async def conflicted(self, event: DocumentConflicted) -> Done:
        """Park a document whose number came again with other content; a voucher that is there stays."""
        context = await self._desk.context(event.tenant_id)
        async with self._db.sessions.of(event.tenant_id) as session:
            issued, state = await read_known(session, event)
            params = {"known_hash": event.known_hash, "content_hash": event.content_hash}
            if (state.reason, state.params) == (CONFLICT, params):
                return Done()
            conflict = Outcome(DocumentStatus.PARKED, reason=CONFLICT, params=params)
            await update_status(session, issued, conflict, state=state, payer=context.payer_of(issued))
        return Done()

    async def file_stored(self, event: DocumentFileStored) -> Done | Later:
        """Attach a PDF that came after its document."""
        issued, _ = await self._desk.known(event)
        async with self._db.sessions.of(event.tenant_id) as session:
            outcomes = OutcomeRepository(session, event.tenant_id)
            await outcomes.set_pdf(event.document_id, event.pdf)
            now = await outcomes.find(event.document_id)
        return (
            await self._desk.file(issued, now) if now is not None and now.voucher_id is not None else Done()
        )

    async def file_missed(self, event: DocumentFileMissed) -> Done:
        """Stop waiting for a PDF the shop did not deliver."""
        _, state = await self._desk.known(event)
        if state.file_status == FileState.PENDING and state.pdf_sha256 is None:
            async with self._db.sessions.of(event.tenant_id) as session:
                await OutcomeRepository(session, event.tenant_id).set_file(
                    event.document_id, FileState.MISSING
                )
        return Done()
