"""What messages about documents share: where one stands, its write, its file, and what is recorded."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from common.batching import Batched
from common.db.engine import Database
from common.domain.reasons import ITS_OWN_MESSAGE_WAITS, DocumentReason
from common.domain.stored_words import DocumentStatus, FileState
from common.effects.effect import Bound
from common.errors import TransientError
from common.events.commands import AttachFile, DocumentCommand
from common.events.documents import DocumentEvent, DocumentIssued
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done, Later
from common.outbox.record import record
from common.transport.base import Incoming
from invoice_writer.context import TenantContext, TenantContexts
from invoice_writer.deciding import Decider, VoucherPlan, fetch_again
from invoice_writer.excluding import read_known
from invoice_writer.files import FileAttacher
from invoice_writer.outcomes import DocumentState, Outcome, OutcomeRepository, find_all, record_outcome
from invoice_writer.rechecking import is_lasting
from invoice_writer.writing import Unsure, VoucherWriter

ORIGINAL_MISSING = DocumentReason.ORIGINAL_MISSING.value


class DocumentDesk:
    """The steps that messages about documents share; the handlers say which of them, and when."""

    def __init__(
        self,
        db: Database,
        contexts: TenantContexts,
        decider: Decider,
        writer: VoucherWriter,
        files: FileAttacher,
    ) -> None:
        self._db, self._contexts = db, contexts
        self._decider, self._writer, self._files = decider, writer, files
        self._states: Batched[tuple[UUID, UUID], DocumentState | None] = Batched(self._read_states)

    async def state(self, event: DocumentEvent) -> DocumentState | None:
        """Look where the document stands, together with those asked for meanwhile; None while undecided."""
        return await self._states.ask((event.tenant_id, event.document_id))

    async def context(self, tenant_id: UUID) -> TenantContext:
        """Look up what is to be known about the tenant; before a transaction is opened, never inside."""
        return await self._contexts.get(tenant_id)

    async def known(self, about: DocumentEvent | DocumentCommand) -> tuple[DocumentIssued, DocumentState]:
        """Read the document a message is about, and where it stands; raises `UnknownDocument`."""
        async with self._db.reading.of(about.tenant_id) as session:
            return await read_known(session, about)

    async def end_open_write(self, event: DocumentIssued, state: DocumentState | None) -> Done | Later | None:
        """Find out what a write without an answer did and record it. Returns None when it surely did nothing.

        Before that nothing is decided anew: another decision could make a second voucher.
        """
        open_write = await self._decider.open_write(event)
        ended = await self._writer.resolve_open_attempt(event, open_write) if open_write else None
        return None if ended is None else await self.finish(event, ended, state)

    async def write(
        self, event: DocumentIssued, plan: VoucherPlan | Outcome, state: DocumentState | None
    ) -> Done | Later:
        """Write what was decided, or record why nothing is to be written."""
        if isinstance(plan, Outcome):
            return await self.record(event, plan, state)
        written = await self._writer.write(event, plan)
        if isinstance(written, Unsure) and is_lasting(state):
            written = written.as_lasting(plan)
        return await self.finish(event, written, state)

    async def finish(
        self, event: DocumentIssued, result: Bound | Outcome | Later, state: DocumentState | None
    ) -> Done | Later:
        """Record how a write ended; where the books hold the voucher, go on with its file."""
        match result:
            case Outcome():
                return await self.record(event, result, state)
            case Later():
                if result.reason in ITS_OWN_MESSAGE_WAITS:
                    await self._show_waiting(event, result, state)
                return result
            case Bound() if state is None and event.pdf is None:
                return Done()  # the outcome was made with the binding, and no file can have come since
            case Bound():
                now = await self.state(event)
                assert now is not None
                return await self.file(event, now)

    async def record(self, event: DocumentIssued, outcome: Outcome, state: DocumentState | None) -> Done:
        """Record the outcome; an invoice that a correction misses is fetched from the shop, once."""
        payer = (await self.context(event.tenant_id)).payer_of(event)
        async with self._db.sessions.of(event.tenant_id) as session:
            await record_outcome(session, event, outcome, state=state, payer=payer)
            was_missing = state is not None and state.reason == ORIGINAL_MISSING
            if outcome.reason == ORIGINAL_MISSING and not was_missing:
                await record(session, INVOICE_WRITER, fetch_again(event))
        return Done()

    async def file(self, event: DocumentIssued, state: DocumentState) -> Done:
        """Try to attach the file now; whatever keeps it from that is worked on a key of its own."""
        if state.file_status == FileState.PENDING and state.pdf_sha256 is not None:
            try:
                later = await self._files.attach(event, state)
            except TransientError:
                later = Later(timedelta(), "file")  # any appointment will do: it goes in line below
            if later is not None:
                await self._attach_later(event, state.pdf_sha256)
        return Done()

    async def _show_waiting(self, event: DocumentIssued, later: Later, state: DocumentState | None) -> None:
        """Show the document as waiting for the next look, while nobody knows whether the voucher is there."""
        doubt = Outcome(DocumentStatus.WAITING, reason=later.reason, waits_for=later.after)
        async with self._db.sessions.of(event.tenant_id) as session:
            if state is not None and state.stands_as(doubt):
                await OutcomeRepository(session, event.tenant_id).wait(event.document_id, later.after)
            else:
                await record_outcome(session, event, doubt, state=state, payer=None)

    async def _attach_later(self, event: DocumentIssued, sha256: str) -> None:
        """Put the file in line; the same file of a document is in line once."""
        command = AttachFile.about(event.ref, command_id=uuid5(event.document_id, sha256), lane=event.lane)
        async with self._db.sessions.of(event.tenant_id) as session:
            await accept(session, INVOICE_WRITER, [Incoming.of(command)])

    async def _read_states(self, wanted: Sequence[tuple[UUID, UUID]]) -> list[DocumentState | None]:
        async with self._db.reading.of_tenants(tenant_id for tenant_id, _ in wanted) as session:
            return await find_all(session, wanted)
