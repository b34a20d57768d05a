"""What the invoice writer does with each message."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row

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
    Outcome,
    OutcomeRepository,
    find_all,
    is_settled,
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
        self._seeing: Batched[tuple[UUID, UUID], Row[Any] | None] = Batched(self._see_all)

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
        seen = await self._seen(event)
        if seen is not None and is_settled(seen.status, seen.reason):
            return Done()
        if seen is not None and seen.status == BOOKED:
            return await self._file(event, seen)
        return await self._decide_and_write(event, seen)

    async def retry(self, command: RetryDocument) -> Done | Later:
        """Decide about an open document again, with the newest settings and profile."""
        event, seen = await self._known(command)
        if seen.voucher_id is not None:
            return await self._keep_booked(event, seen)
        if seen.reason == EXCLUDED_BY_PERSON or (seen.reason == CONFLICT and is_automatic(command)):
            return Done()
        return await self._decide_and_write(event, seen, fresh=True)

    async def resolve(self, command: ResolveDocument) -> Done | Later:
        """Do what a person chose: adopt the voucher that is there, book anyway, or leave it to the hand."""
        event, seen = await self._known(command)
        if seen.status == BOOKED:
            return Done()
        armed = await self._decider.in_doubt(event)
        if command.action == "by_hand":
            return await self._leave_to_hand(event, command, seen, armed)
        written = armed if command.action == "adopt" else None  # stands with the decision of that time
        plan = written or await self._decider.decide(event, seen, fresh=True)
        if isinstance(plan, Outcome):
            return await self._record(event, plan, seen)
        if command.action == "adopt" and command.voucher_id is not None:
            adopted = await self._writer.adopt(event, plan, command.voucher_id, if_equal=command.if_equal)
            return await self._finish(event, adopted, seen) if adopted is not None else Done()
        return await self._finish(event, await self._writer.book_anyway(event, plan), seen)

    async def conflicted(self, event: DocumentConflicted) -> Done:
        """Park a document whose number came again with other content; a voucher that is there stays."""
        async with self._db.sessions.begin() as session:
            issued, seen = await read_known(session, event)
            params = {"known_hash": event.known_hash, "content_hash": event.content_hash}
            if (seen.reason, seen.params) == (CONFLICT, params):
                return Done()
            conflict = Outcome(PARKED, reason=CONFLICT, params=params)
            await record_standing(session, issued, conflict, before=seen)
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
        _, seen = await self._known(event)
        if seen.file_status == PENDING and seen.pdf_sha256 is None:
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
        event, seen = await self._known(command)
        is_open = seen.file_status != ATTACHED if command.again else seen.file_status == PENDING
        if seen.voucher_id is None or seen.pdf_sha256 is None or not is_open:
            return Done()
        return await self._files.attach(event, seen, asked_for=command.again) or Done()

    async def _leave_to_hand(
        self, event: DocumentIssued, command: ResolveDocument, seen: Row[Any], armed: ToWrite | None
    ) -> Done | Later:
        """What a write of ours without an answer made is found before: else the books hold both."""
        settled = await self._writer.settle(event, armed) if armed else None
        if isinstance(settled, Bound | Later):
            return settled if isinstance(settled, Later) else await self._finish(event, settled, seen)
        async with self._db.sessions.begin() as session:
            await leave_to_hand(session, event, command, before=seen)
        return Done()

    async def _decide_and_write(
        self, event: DocumentIssued, seen: Row[Any] | None, *, fresh: bool = False
    ) -> Done | Later:
        armed = await self._decider.in_doubt(event)
        if armed and (settled := await self._writer.settle(event, armed)) is not None:
            return await self._finish(event, settled, seen)
        plan = await self._decider.decide(event, seen, fresh=fresh)
        if isinstance(plan, Outcome):
            return await self._record(event, plan, seen)
        written = await self._writer.write(event, plan, lasting=is_lasting(seen))
        return await self._finish(event, written, seen)

    async def _finish(
        self, event: DocumentIssued, result: Bound | Outcome | Later, seen: Row[Any] | None
    ) -> Done | Later:
        match result:
            case Outcome():
                return await self._record(event, result, seen)
            case Later():
                if result.reason in ITS_OWN_MESSAGE_WAITS:
                    await self._show_waiting(event, result, seen)
                return result
            case Bound() if seen is None and event.pdf is None:
                return Done()  # the outcome was made with the binding, and no file can have come since
            case Bound():
                now = await self._seen(event)
                assert now is not None
                return await self._file(event, now)

    async def _record(self, event: DocumentIssued, outcome: Outcome, seen: Row[Any] | None) -> Done:
        async with self._db.sessions.begin() as session:
            await record_outcome(session, event, outcome, before=seen)
            missing = Reason.ORIGINAL_MISSING.value
            if outcome.reason == missing and (seen is None or seen.reason != missing):
                await record(session, INVOICE_WRITER, fetch_again(event))
        return Done()

    async def _show_waiting(self, event: DocumentIssued, later: Later, seen: Row[Any] | None) -> None:
        """While nobody knows whether the voucher is there, the document waits for the next look."""
        async with self._db.sessions.begin() as session:
            if seen is not None and (seen.status, seen.reason) == (WAITING, later.reason):
                await OutcomeRepository(session, event.tenant_id).wait(event.document_id, later.after)
            else:
                doubt = Outcome(WAITING, reason=later.reason, waits_for=later.after)
                await record_outcome(session, event, doubt, before=seen)

    async def _file(self, event: DocumentIssued, seen: Row[Any]) -> Done:
        """Try to attach the file now; whatever keeps it from that is worked on a key of its own."""
        if seen.file_status == PENDING and seen.pdf_sha256 is not None:
            try:
                later = await self._files.attach(event, seen)
            except TransientError:
                later = Later(timedelta(), "file")
            if later is not None:
                await self._attach_later(event, seen.pdf_sha256)
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

    async def _keep_booked(self, event: DocumentIssued, seen: Row[Any]) -> Done:
        """The voucher stands: a person has looked at what spoke against it; a deleted one does not stand."""
        if seen.reason == Reason.VOUCHER_DELETED.value:
            return Done()
        if seen.status != BOOKED:
            async with self._db.sessions.begin() as session:
                await record_standing(session, event, Outcome(BOOKED), before=seen)
        return await self._file(event, seen)

    async def _seen(self, event: DocumentEvent) -> Row[Any] | None:
        return await self._seeing.ask((event.tenant_id, event.document_id))

    async def _see_all(self, wanted: Sequence[tuple[UUID, UUID]]) -> list[Row[Any] | None]:
        async with self._db.reading.begin() as session:
            return await find_all(session, wanted)

    async def _known(self, about: DocumentEvent | DocumentCommand) -> tuple[DocumentIssued, Row[Any]]:
        async with self._db.reading.begin() as session:
            return await read_known(session, about)
