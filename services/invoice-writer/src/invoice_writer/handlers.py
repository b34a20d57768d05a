"""What the invoice writer does with each message."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from common.batching import Batched
from common.db.engine import Database
from common.domain.reasons import EXCLUDED_BY_PERSON, ITS_OWN_MESSAGE_WAITS, Reason
from common.effects.effect import Bound
from common.errors import TransientError
from common.events.commands import (
    AttachFile,
    DocumentCommand,
    ReleaseParked,
    ResolveDocument,
    RetryDocument,
)
from common.events.documents import (
    CreditNoteIssued,
    DocumentConflicted,
    DocumentEvent,
    DocumentFileMissed,
    DocumentFileStored,
    DocumentIssued,
    InvoiceIssued,
)
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done, Later
from common.inbox.routes import Route, on
from common.outbox.record import record
from common.transport.base import Incoming
from invoice_writer.deciding import Decider, ToWrite, fetch_again
from invoice_writer.excluding import read_known
from invoice_writer.files import Filing
from invoice_writer.outcomes import (
    ATTACHED,
    BOOKED,
    MISSING,
    PARKED,
    PENDING,
    WAITING,
    DocumentState,
    Outcome,
    OutcomeRepository,
    find_all,
    leave_to_hand,
    record_outcome,
    record_standing,
)
from invoice_writer.rechecking import is_lasting
from invoice_writer.released import BY_PROFILE, is_automatic, release
from invoice_writer.writing import VoucherWriter

CONFLICT = Reason.DOCUMENT_CONFLICT.value


class DocumentHandlers:
    """One method per message; each is safe to run any number of times."""

    def __init__(self, db: Database, decider: Decider, writer: VoucherWriter, files: Filing) -> None:
        self._db, self._decider, self._writer, self._files = db, decider, writer, files
        self._states: Batched[tuple[UUID, UUID], DocumentState | None] = Batched(self._read_states)

    def routes(self) -> Sequence[Route]:
        """Every message the invoice writer understands."""
        return (
            on(InvoiceIssued, self.issued),
            on(CreditNoteIssued, self.issued),
            on(DocumentConflicted, self.conflicted),
            on(DocumentFileStored, self.file_stored),
            on(DocumentFileMissed, self.file_missed),
            on(RetryDocument, self.retry),
            on(ResolveDocument, self.resolve),
            on(ReleaseParked, self.release),
            on(AttachFile, self.attach),
        )

    async def issued(self, event: DocumentIssued) -> Done | Later:
        """Make the books hold exactly one voucher for this document, with its file, or record why not."""
        state = await self._state(event)
        if state is not None and state.is_settled:
            return Done()
        if state is not None and state.status == BOOKED:
            return await self._file(event, state)
        return await self._decide_and_write(event, state)

    async def retry(self, command: RetryDocument) -> Done | Later:
        """Decide about an open document again, with the newest settings and profile."""
        event, state = await self._known(command)
        if state.voucher_id is not None:
            return await self._keep_booked(event, state)
        if state.reason == EXCLUDED_BY_PERSON or (state.reason == CONFLICT and is_automatic(command)):
            return Done()
        return await self._decide_and_write(event, state, fresh=True)

    async def resolve(self, command: ResolveDocument) -> Done | Later:
        """Do what a person chose: adopt the voucher that is there, book anyway, or leave it to the hand."""
        event, state = await self._known(command)
        if state.status == BOOKED:
            return Done()
        armed = await self._decider.in_doubt(event)
        if command.action == "by_hand":
            return await self._leave_to_hand(event, command, state, armed)
        written = armed if command.action == "adopt" else None  # stands with the decision of that time
        plan = written or await self._decider.decide(event, state, fresh=True)
        if isinstance(plan, Outcome):
            return await self._record(event, plan, state)
        if command.action == "adopt" and command.voucher_id is not None:
            adopted = await self._writer.adopt(event, plan, command.voucher_id, if_equal=command.if_equal)
            return await self._finish(event, adopted, state) if adopted is not None else Done()
        return await self._finish(event, await self._writer.book_anyway(event, plan), state)

    async def conflicted(self, event: DocumentConflicted) -> Done:
        """Park a document whose number came again with other content; a voucher that is there stays."""
        async with self._db.sessions.begin() as session:
            issued, state = await read_known(session, event)
            params = {"known_hash": event.known_hash, "content_hash": event.content_hash}
            if (state.reason, state.params) == (CONFLICT, params):
                return Done()
            conflict = Outcome(PARKED, reason=CONFLICT, params=params)
            await record_standing(session, issued, conflict, state=state)
        return Done()

    async def file_stored(self, event: DocumentFileStored) -> Done | Later:
        """Attach a PDF that came after its document."""
        issued, _ = await self._known(event)
        async with self._db.sessions.begin() as session:
            await OutcomeRepository(session, event.tenant_id).set_pdf(event.document_id, event.pdf)
            now = await OutcomeRepository(session, event.tenant_id).find(event.document_id)
        return await self._file(issued, now) if now is not None and now.voucher_id is not None else Done()

    async def file_missed(self, event: DocumentFileMissed) -> Done:
        """Stop waiting for a PDF the shop did not deliver."""
        _, state = await self._known(event)
        if state.file_status == PENDING and state.pdf_sha256 is None:
            async with self._db.sessions.begin() as session:
                await OutcomeRepository(session, event.tenant_id).set_file(event.document_id, MISSING)
        return Done()

    async def release(self, command: ReleaseParked) -> Done:
        """Have parked documents decided again whose cause a change may have removed."""
        if command.released_by == BY_PROFILE:
            await self._decider.read_profile(command.tenant_id)
            return Done()
        async with self._db.sessions.begin() as session:
            await release(session, command)
        return Done()

    async def attach(self, command: AttachFile) -> Done | Later:
        """Attach the file of a booked document."""
        event, state = await self._known(command)
        is_open = state.file_status != ATTACHED if command.again else state.file_status == PENDING
        if state.voucher_id is None or state.pdf_sha256 is None or not is_open:
            return Done()
        return await self._files.attach(event, state, asked_for=command.again) or Done()

    async def _leave_to_hand(
        self, event: DocumentIssued, command: ResolveDocument, state: DocumentState, armed: ToWrite | None
    ) -> Done | Later:
        """What a write of ours without an answer made is found before: else the books hold both."""
        settled = await self._writer.settle(event, armed) if armed else None
        if isinstance(settled, Bound | Later):
            return settled if isinstance(settled, Later) else await self._finish(event, settled, state)
        async with self._db.sessions.begin() as session:
            await leave_to_hand(session, event, command, state=state)
        return Done()

    async def _decide_and_write(
        self, event: DocumentIssued, state: DocumentState | None, *, fresh: bool = False
    ) -> Done | Later:
        armed = await self._decider.in_doubt(event)
        if armed and (settled := await self._writer.settle(event, armed)) is not None:
            return await self._finish(event, settled, state)
        plan = await self._decider.decide(event, state, fresh=fresh)
        if isinstance(plan, Outcome):
            return await self._record(event, plan, state)
        written = await self._writer.write(event, plan, lasting=is_lasting(state))
        return await self._finish(event, written, state)

    async def _finish(
        self, event: DocumentIssued, result: Bound | Outcome | Later, state: DocumentState | None
    ) -> Done | Later:
        match result:
            case Outcome():
                return await self._record(event, result, state)
            case Later():
                if result.reason in ITS_OWN_MESSAGE_WAITS:
                    await self._show_waiting(event, result, state)
                return result
            case Bound() if state is None and event.pdf is None:
                return Done()  # the outcome was made with the binding, and no file can have come since
            case Bound():
                now = await self._state(event)
                assert now is not None
                return await self._file(event, now)

    async def _record(self, event: DocumentIssued, outcome: Outcome, state: DocumentState | None) -> Done:
        async with self._db.sessions.begin() as session:
            await record_outcome(session, event, outcome, state=state)
            missing = Reason.ORIGINAL_MISSING.value
            if outcome.reason == missing and (state is None or state.reason != missing):
                await record(session, INVOICE_WRITER, fetch_again(event))
        return Done()

    async def _show_waiting(self, event: DocumentIssued, later: Later, state: DocumentState | None) -> None:
        """While nobody knows whether the voucher is there, the document waits for the next look."""
        async with self._db.sessions.begin() as session:
            if state is not None and (state.status, state.reason) == (WAITING, later.reason):
                await OutcomeRepository(session, event.tenant_id).wait(event.document_id, later.after)
            else:
                doubt = Outcome(WAITING, reason=later.reason, waits_for=later.after)
                await record_outcome(session, event, doubt, state=state)

    async def _file(self, event: DocumentIssued, state: DocumentState) -> Done:
        """Try to attach the file now; whatever keeps it from that is worked on a key of its own."""
        if state.file_status == PENDING and state.pdf_sha256 is not None:
            try:
                later = await self._files.attach(event, state)
            except TransientError:
                later = Later(timedelta(), "file")
            if later is not None:
                await self._attach_later(event, state.pdf_sha256)
        return Done()

    async def _attach_later(self, event: DocumentIssued, sha256: str) -> None:
        command = AttachFile(
            tenant_id=event.tenant_id,
            connection_id=event.connection_id,
            command_id=uuid5(event.document_id, sha256),
            order_id=event.order_id,
            document_type=event.document_type,
            number=event.number,
            lane=event.lane,
        )
        async with self._db.sessions.begin() as session:
            await accept(session, INVOICE_WRITER, [Incoming.of(command)])

    async def _keep_booked(self, event: DocumentIssued, state: DocumentState) -> Done:
        """The voucher stands: a person has looked at what spoke against it; a deleted one does not stand."""
        if state.reason == Reason.VOUCHER_DELETED.value:
            return Done()
        if state.status != BOOKED:
            async with self._db.sessions.begin() as session:
                await record_standing(session, event, Outcome(BOOKED), state=state)
        return await self._file(event, state)

    async def _state(self, event: DocumentEvent) -> DocumentState | None:
        return await self._states.ask((event.tenant_id, event.document_id))

    async def _read_states(self, wanted: Sequence[tuple[UUID, UUID]]) -> list[DocumentState | None]:
        async with self._db.reading.begin() as session:
            return await find_all(session, wanted)

    async def _known(self, about: DocumentEvent | DocumentCommand) -> tuple[DocumentIssued, DocumentState]:
        async with self._db.reading.begin() as session:
            return await read_known(session, about)
