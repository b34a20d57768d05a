"""What people order for documents: decide again, resolve what is unclear, release what was parked, attach."""

from collections.abc import Sequence

from common.db.engine import Database
from common.domain.reasons import EXCLUDED_BY_PERSON, DocumentReason
from common.domain.stored_words import DocumentStatus, FileState
from common.effects.effect import Bound
from common.events.commands import AttachFile, ReleaseCause, ReleaseParked, ResolveDocument, RetryDocument
from common.events.documents import DocumentIssued
from common.inbox.messages import Done, Later
from common.inbox.routes import Route, on
from invoice_writer.deciding import Decider, VoucherPlan
from invoice_writer.documents.desk import DocumentDesk
from invoice_writer.documents.facts import CONFLICT
from invoice_writer.files import FileAttacher
from invoice_writer.outcomes import DocumentState, Outcome, mark_booked_by_hand, update_status
from invoice_writer.released import is_automatic, release
from invoice_writer.writing import VoucherWriter


class DocumentCommands:
    """One method per command, whether a person gave it or we did; each is safe to run any number of times."""

    def __init__(
        self, db: Database, decider: Decider, writer: VoucherWriter, files: FileAttacher, desk: DocumentDesk
    ) -> None:
        self._db, self._decider, self._writer, self._files = db, decider, writer, files
        self._desk = desk

    def routes(self) -> Sequence[Route]:
        """The commands handled here."""
        return (
            on(RetryDocument, self.retry),
            on(ResolveDocument, self.resolve),
            on(ReleaseParked, self.release),
            on(AttachFile, self.attach),
        )

    async def retry(self, command: RetryDocument) -> Done | Later:
        """Decide about an open document again, with the newest settings and profile."""
        event, state = await self._desk.known(command)
        if state.voucher_id is not None:
            return await self._keep_booked(event, state)
        if state.reason == EXCLUDED_BY_PERSON or (state.reason == CONFLICT and is_automatic(command)):
            return Done()
        if (ended := await self._desk.end_open_write(event, state)) is not None:
            return ended
        plan = await self._decider.decide_again(event, state)
        return await self._desk.write(event, plan, state)

    async def resolve(self, command: ResolveDocument) -> Done | Later:
        """Do what a person chose: adopt the voucher that is there, book anyway, or leave it to the hand."""
        event, state = await self._desk.known(command)
        if state.status == DocumentStatus.BOOKED:
            return Done()
        open_write = await self._decider.open_write(event)
        if command.action == "by_hand":
            return await self._mark_booked_by_hand(event, command, state, open_write)
        written = open_write if command.action == "adopt" else None  # stands with the decision of that time
        plan = written or await self._decider.decide_again(event, state)
        if isinstance(plan, Outcome):
            return await self._desk.record(event, plan, state)
        if command.action == "adopt" and command.voucher_id is not None:
            adopt = self._writer.adopt_equal if command.if_equal else self._writer.adopt
            adopted = await adopt(event, plan, command.voucher_id)
            return await self._desk.finish(event, adopted, state) if adopted is not None else Done()
        return await self._desk.finish(event, await self._writer.book_anyway(event, plan), state)

    async def release(self, command: ReleaseParked) -> Done:
        """Have parked documents decided again whose cause a change may have removed."""
        if command.released_by == ReleaseCause.PROFILE:
            await self._decider.read_profile(command.tenant_id)
            return Done()
        async with self._db.sessions.of(command.tenant_id) as session:
            await release(session, command)
        return Done()

    async def attach(self, command: AttachFile) -> Done | Later:
        """Attach the file of a booked document."""
        event, state = await self._desk.known(command)
        is_open = (
            state.file_status != FileState.ATTACHED
            if command.again
            else state.file_status == FileState.PENDING
        )
        if state.voucher_id is None or state.pdf_sha256 is None or not is_open:
            return Done()
        attach = self._files.attach_asked_for if command.again else self._files.attach
        return await attach(event, state) or Done()

    async def _mark_booked_by_hand(
        self,
        event: DocumentIssued,
        command: ResolveDocument,
        state: DocumentState,
        open_write: VoucherPlan | None,
    ) -> Done | Later:
        """Leave the document to the hand, once it is known that no write of ours made a voucher of it."""
        ended = await self._writer.resolve_open_attempt(event, open_write) if open_write else None
        if isinstance(ended, Bound | Later):
            return ended if isinstance(ended, Later) else await self._desk.finish(event, ended, state)
        payer = (await self._desk.context(event.tenant_id)).payer_of(event)
        async with self._db.sessions.of(event.tenant_id) as session:
            await mark_booked_by_hand(session, event, command, state=state, payer=payer)
        return Done()

    async def _keep_booked(self, event: DocumentIssued, state: DocumentState) -> Done:
        """Let the voucher stand: a person looked at what spoke against it. A deleted one does not stand."""
        if state.reason == DocumentReason.VOUCHER_DELETED.value:
            return Done()
        if state.status != DocumentStatus.BOOKED:
            async with self._db.sessions.of(event.tenant_id) as session:
                await update_status(session, event, Outcome(DocumentStatus.BOOKED), state=state, payer=None)
        return await self._desk.file(event, state)
