"""A person leaves a document out of the books, with the reason, or takes it in again."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.domain.reasons import EXCLUDED_BY_PERSON, DocumentReason
from common.domain.stored_words import DocumentStatus
from common.effects.effect import Bound
from common.events.commands import (
    ConfirmIssueDate,
    DocumentCommand,
    ExcludeDocument,
    IncludeDocument,
    RetryDocument,
)
from common.events.documents import DocumentIssued
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done, Later
from common.inbox.routes import Route, on
from common.transport.base import Incoming
from invoice_writer.context import TenantContexts
from invoice_writer.deciding import Decider
from invoice_writer.excluding.confirming import confirm_issue_date
from invoice_writer.excluding.known import read_known
from invoice_writer.outcomes import DocumentState, Outcome, update_status
from invoice_writer.writing import VoucherWriter


class Exclusions:
    """Carries out the two commands; each is safe to run any number of times."""

    def __init__(
        self, db: Database, contexts: TenantContexts, decider: Decider, writer: VoucherWriter
    ) -> None:
        self._db, self._contexts, self._decider, self._writer = db, contexts, decider, writer

    def routes(self) -> Sequence[Route]:
        """The messages handled here."""
        return (
            on(ExcludeDocument, self.exclude),
            on(IncludeDocument, self.include),
            on(ConfirmIssueDate, self.confirm),
        )

    async def exclude(self, command: ExcludeDocument) -> Done | Later:
        """Leave an open document out of the books; what has a voucher by now stays booked.

        A write of ours without an answer is looked for before: what the books hold is in them.
        """
        async with self._db.reading.of(command.tenant_id) as session:
            event, state = await read_known(session, command)
        open_write = await self._decider.open_write(event)
        ended = await self._writer.resolve_open_attempt(event, open_write) if open_write else None
        if isinstance(ended, Later):
            return ended
        payer = (await self._contexts.get(command.tenant_id)).payer_of(event)
        async with self._db.sessions.of(command.tenant_id) as session:
            if isinstance(ended, Bound):
                await _decide_again(session, command)  # its file is still to come
            elif _is_open(state):
                left_out = Outcome(DocumentStatus.EXCLUDED, EXCLUDED_BY_PERSON, {"because": command.because})
                await update_status(session, event, left_out, state=state, payer=payer)
        return Done()

    async def confirm(self, command: ConfirmIssueDate) -> Done:
        """Decide about a document anew with the date that a person read on it."""
        return await confirm_issue_date(self._db, command)

    async def include(self, command: IncludeDocument) -> Done:
        """Take back what was excluded: the document is in line as if it had just arrived."""
        async with self._db.sessions.of(command.tenant_id) as session:
            event, state = await read_known(session, command)
            if (state.status, state.reason) != (DocumentStatus.EXCLUDED, EXCLUDED_BY_PERSON):
                return Done()
            params = {} if command.because is None else {"because": command.because}
            await _in_line(session, event, params, state)
            await _decide_again(session, command)
        return Done()


def _is_open(state: DocumentState) -> bool:
    return state.voucher_id is None and state.status in (DocumentStatus.PARKED, DocumentStatus.WAITING)


async def _in_line(
    session: AsyncSession, event: DocumentIssued, params: dict[str, Any], state: DocumentState
) -> None:
    waiting = Outcome(DocumentStatus.WAITING, DocumentReason.IN_LINE.value, params)
    await update_status(session, event, waiting, state=state, payer=None)


async def _decide_again(session: AsyncSession, command: DocumentCommand) -> None:
    retry = RetryDocument.about(
        command.ref, command_id=uuid5(command.command_id, "decide"), lane=command.lane
    )
    await accept(session, INVOICE_WRITER, [Incoming.of(retry)])
