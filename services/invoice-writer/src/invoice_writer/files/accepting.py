"""A person accepts that e-invoices differ from vouchers: of one document, or of all parked for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus
from common.events.commands import AcceptEInvoiceDifference, AcceptEInvoiceDifferences
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done
from common.inbox.routes import Route, on
from common.transport.base import Incoming
from invoice_writer.files.accepted import ACCEPTED, Acceptances
from invoice_writer.outcomes import OutcomeRepository
from invoice_writer.released import COLUMNS, PLACE, Candidate, mark, rest_of

PAGE = 500
DIFFERS = and_(
    OutcomeRow.status == DocumentStatus.PARKED, OutcomeRow.reason == DocumentReason.EINVOICE_DIFFERS.value
)


@dataclass(frozen=True, slots=True)
class _Differing:
    """A document that is parked because the e-invoice of this hash differs from its voucher so."""

    document: Candidate
    sha256: str
    differences: Mapping[str, Any]


class EInvoiceDifferences:
    """Carries out the two commands; each is safe to run any number of times."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def routes(self) -> Sequence[Route]:
        """The messages handled here."""
        return (
            on(AcceptEInvoiceDifference, self.accept_one),
            on(AcceptEInvoiceDifferences, self.accept_all),
        )

    async def accept_one(self, command: AcceptEInvoiceDifference) -> Done:
        """Keep what the person saw and accepted, and decide about the document again."""
        query = _parked(command.tenant_id).where(OutcomeRow.document_id == command.document_id)
        async with self._db.sessions.of(command.tenant_id) as session:
            parked = await _list_differing(session, query)
            seen = [one for one in parked if one.differences == command.differences]
            await self._accept(session, command, seen, command.command_id)
        return Done()

    async def accept_all(self, command: AcceptEInvoiceDifferences) -> Done:
        """Accept the next page of what was parked when the person asked, oldest first, and go on."""
        equal = [OutcomeRow.params[name].as_string() == value for name, value in command.about.items()]
        query = _parked(command.tenant_id).where(OutcomeRow.changed_at <= command.parked_until, *equal)
        if command.after is not None:
            query = query.where(tuple_(*PLACE) > command.after)
        async with self._db.sessions.of(command.tenant_id) as session:
            parked = await _list_differing(session, query.order_by(*PLACE).limit(PAGE + 1))
            is_more = len(parked) > PAGE
            are_all = command.after is None and not is_more
            await self._accept(session, command, parked[:PAGE], command.asked_id, are_all=are_all)
            if is_more:
                rest = rest_of(command, parked[PAGE - 1].document)
                await accept(session, INVOICE_WRITER, [Incoming.of(rest)])
        return Done()

    async def _accept(
        self,
        session: AsyncSession,
        command: AcceptEInvoiceDifference | AcceptEInvoiceDifferences,
        documents: Sequence[_Differing],
        by: UUID,
        *,
        are_all: bool = True,
    ) -> None:
        acceptances = Acceptances(session, command.tenant_id)
        outcomes = OutcomeRepository(session, command.tenant_id)
        for one in documents:
            sha256, differences, document_id = one.sha256, one.differences, one.document.document_id
            if await acceptances.add(document_id, sha256, differences, because=command.because, by=by):
                said = {"because": command.because, "differences": differences, "einvoice": sha256}
                await outcomes.add_timeline_entry(document_id, ACCEPTED, said)
        await mark(session, [one.document for one in documents], are_all=are_all, asked_by=by)


def _parked(tenant_id: UUID) -> Any:
    return select(*COLUMNS, OutcomeRow.params, OutcomeRow.evidence).where(
        OutcomeRow.tenant_id == tenant_id, DIFFERS
    )


async def _list_differing(session: AsyncSession, query: Select[Any]) -> list[_Differing]:
    return [
        _Differing(Candidate.from_row(row), row.evidence["einvoice"]["sha256"], row.params["differences"])
        for row in await session.execute(query)
    ]
