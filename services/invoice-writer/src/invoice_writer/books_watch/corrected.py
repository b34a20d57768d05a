"""Before a correction is written: the voucher of the invoice it takes back is still what we booked."""

from collections.abc import Sequence
from datetime import timedelta
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
from common.inbox.messages import Later
from common.lexware.wire import Voucher
from invoice_writer.books_watch.bound import changed_alarm, changed_since_booked
from invoice_writer.books_watch.gone import Gone, VoucherLooks
from invoice_writer.deciding import CORRECTED, VoucherPlan
from invoice_writer.outcomes import Outcome
from invoice_writer.refusals import NOT_VISIBLE

OUTCOMES = table(OutcomeRow)


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
        for row in await self._invoices(event, plan):
            match await looks.look(row.voucher_id):
                case timedelta() as left:
                    return Later(left, NOT_VISIBLE)
                case Gone(is_repair=is_repair):
                    if not is_repair:
                        return plan.parked(DocumentReason.ORIGINAL_PARKED, invoices=clean(row.number))
                case Voucher() as voucher:
                    if (changed := await self._changed(event, plan, row, voucher)) is not None:
                        return changed
        return None

    async def _changed(
        self, event: DocumentIssued, plan: VoucherPlan, row: Row[Any], voucher: Voucher
    ) -> Outcome | None:
        """A person chose what was adopted as it was; of that only the status can have changed for us."""
        changes = changed_since_booked(Decision.model_validate(row.decision), voucher)
        if row.how == BoundHow.ADOPTED:
            changes = {name: both for name, both in changes.items() if name == "status"}
        if not changes:
            return None
        subject = document_subject(event.connection_id, row.type, row.number)
        async with self._db.sessions.of(event.tenant_id) as session:
            await raise_alarm(session, changed_alarm(event.tenant_id, subject, voucher.id, changes))
        params = {"invoices": clean(row.number), "voucher_id": voucher.id, "differences": changes}
        return plan.parked(DocumentReason.ORIGINAL_CHANGED, **params)

    async def _invoices(self, event: DocumentIssued, plan: VoucherPlan) -> Sequence[Row[Any]]:
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
            rows = (await session.execute(query)).all()
        named = plan.decision.evidence.get(CORRECTED)
        return [row for row in rows if clean(row.number) == named] or rows
