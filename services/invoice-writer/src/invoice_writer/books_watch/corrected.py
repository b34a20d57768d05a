"""Before a correction is written: the voucher of the invoice it takes back is still what we booked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from common.db.alarms import raise_alarm
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import OutcomeRow
from common.domain.cleaning import clean
from common.domain.documents import DocumentType
from common.domain.keys import document_subject
from common.domain.reasons import DocumentReason
from common.domain.stored_words import BoundHow, DocumentStatus
from common.domain.verdicts import Decision
from common.events.documents import DocumentIssued
from common.later import Later
from common.lexware.wire import Voucher
from invoice_writer.books_watch.bound import changed_alarm, changed_since_booked
from invoice_writer.books_watch.gone import Gone, VoucherLooks
from invoice_writer.deciding import CORRECTED, VoucherPlan
from invoice_writer.outcomes import Outcome

OUTCOMES = table(OutcomeRow)


@dataclass(frozen=True, slots=True)
class BookedInvoice:
    """An invoice in the books that a correction may stand on."""

    voucher_id: str
    number: str
    type: str
    how: BoundHow | None
    decision: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Row[Any]) -> "BookedInvoice":
        """The invoice of a row of outcomes that has a voucher and a decision."""
        return cls(row.voucher_id, row.number, row.type, row.how, row.decision)


class CorrectedVouchers:
    """Looks once, by id, at what a correction stands on."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def check(self, event: DocumentIssued, plan: VoucherPlan) -> Outcome | Later | None:
        """What becomes of the correction because its invoice's voucher was deleted or changed; else None."""
        books = plan.context.books
        if event.document_type is not DocumentType.CREDIT_NOTE or books is None:
            return None
        looks = VoucherLooks(self._db, event.tenant_id, books.connection_id, plan.client)
        for invoice in await self._invoices(event, plan):
            match await looks.look(invoice.voucher_id):
                case Later() as later:
                    return later
                case Gone(is_repair=is_repair):
                    if not is_repair:
                        return plan.parked(DocumentReason.ORIGINAL_PARKED, invoices=clean(invoice.number))
                case Voucher() as voucher:
                    if (changed := await self._changed(event, plan, invoice, voucher)) is not None:
                        return changed
        return None

    async def _changed(
        self, event: DocumentIssued, plan: VoucherPlan, invoice: BookedInvoice, voucher: Voucher
    ) -> Outcome | None:
        """A person chose what was adopted as it was; of that only the status can have changed for us."""
        changes = changed_since_booked(Decision.model_validate(invoice.decision), voucher)
        if invoice.how == BoundHow.ADOPTED:
            changes = {name: both for name, both in changes.items() if name == "status"}
        if not changes:
            return None
        subject = document_subject(event.connection_id, invoice.type, invoice.number)
        async with self._db.sessions.of(event.tenant_id) as session:
            await raise_alarm(session, changed_alarm(event.tenant_id, subject, voucher.id, changes))
        params = {"invoices": clean(invoice.number), "voucher_id": voucher.id, "differences": changes}
        return plan.parked(DocumentReason.ORIGINAL_CHANGED, **params)

    async def _invoices(self, event: DocumentIssued, plan: VoucherPlan) -> Sequence[BookedInvoice]:
        """The booked invoices the correction may stand on: the one it names, else all of its order."""
        columns = (OUTCOMES.c.voucher_id, OUTCOMES.c.number, OUTCOMES.c.type, OUTCOMES.c.how)
        query = select(*columns, OUTCOMES.c.decision).where(
            OUTCOMES.c.tenant_id == event.tenant_id,
            OUTCOMES.c.connection_id == event.connection_id,
            OUTCOMES.c.order_id == event.order_id,
            OUTCOMES.c.type == DocumentType.INVOICE.value,
            OUTCOMES.c.status == DocumentStatus.BOOKED,
            OUTCOMES.c.voucher_id.is_not(None),
            OUTCOMES.c.decision.is_not(None),
        )
        async with self._db.reading.of(event.tenant_id) as session:
            invoices = [BookedInvoice.from_row(row) for row in await session.execute(query)]
        named = plan.decision.evidence.get(CORRECTED)
        return [invoice for invoice in invoices if clean(invoice.number) == named] or invoices
