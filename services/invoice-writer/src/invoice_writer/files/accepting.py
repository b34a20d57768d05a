"""A person accepts that e-invoices differ from vouchers: of one document, or of all parked for that."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.domain.reasons import Reason
from common.events.commands import AcceptEInvoiceDifference, AcceptEInvoiceDifferences
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done
from common.inbox.routes import Route, on
from common.transport.base import Incoming
from invoice_writer.files.accepted import ACCEPTED, Acceptances
from invoice_writer.outcomes import PARKED, OutcomeRepository
from invoice_writer.released import COLUMNS, PLACE, mark

PAGE = 500
DIFFERS = and_(OutcomeRow.status == PARKED, OutcomeRow.reason == Reason.EINVOICE_DIFFERS.value)


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
        async with self._db.sessions.begin() as session:
            rows = (await session.execute(query)).all()
            seen = [row for row in rows if row.params.get("differences") == command.differences]
            await self._accept(session, command, seen, command.command_id)
        return Done()

    async def accept_all(self, command: AcceptEInvoiceDifferences) -> Done:
        """Accept the next page of what was parked when the person asked, oldest first, and go on."""
        equal = [OutcomeRow.params[name].as_string() == value for name, value in command.about.items()]
        query = _parked(command.tenant_id).where(OutcomeRow.changed_at <= command.parked_until, *equal)
        if command.after is not None:
            query = query.where(tuple_(*PLACE) > command.after)
        async with self._db.sessions.begin() as session:
            rows = (await session.execute(query.order_by(*PLACE).limit(PAGE + 1))).all()
            is_more = len(rows) > PAGE
            are_all = command.after is None and not is_more
            await self._accept(session, command, rows[:PAGE], command.asked_id, are_all=are_all)
            if is_more:
                await accept(session, INVOICE_WRITER, [Incoming.of(_rest(command, rows[PAGE - 1]))])
        return Done()

    async def _accept(
        self,
        session: AsyncSession,
        command: AcceptEInvoiceDifference | AcceptEInvoiceDifferences,
        rows: Sequence[Row[Any]],
        by: UUID,
        *,
        are_all: bool = True,
    ) -> None:
        acceptances = Acceptances(session, command.tenant_id)
        outcomes = OutcomeRepository(session, command.tenant_id)
        for row in rows:
            sha256, differences = row.evidence["einvoice"]["sha256"], row.params["differences"]
            if await acceptances.add(row.document_id, sha256, differences, because=command.because, by=by):
                said = {"because": command.because, "differences": differences, "einvoice": sha256}
                await outcomes.add_timeline_entry(row.document_id, ACCEPTED, said)
        await mark(session, rows, are_all=are_all, asked_by=by)


def _parked(tenant_id: UUID) -> Any:
    return select(*COLUMNS, OutcomeRow.params, OutcomeRow.evidence).where(
        OutcomeRow.tenant_id == tenant_id, DIFFERS
    )


def _rest(command: AcceptEInvoiceDifferences, last: Row[Any]) -> AcceptEInvoiceDifferences:
    """The same order for what comes after."""
    place = {"after": (last.first_seen_at, last.document_id)}
    return command.model_copy(
        update={"command_id": uuid5(command.command_id, str(last.document_id)), **place}
    )
