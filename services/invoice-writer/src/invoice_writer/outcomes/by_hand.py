"""A person booked a document outside of this product: it is left out, by that name."""

from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import close_alarms
from common.domain.alarms import AlarmKind
from common.domain.buyers import PayerHashes
from common.domain.keys import document_subject
from common.domain.reasons import BOOKED_BY_HAND, DocumentReason
from common.domain.stored_words import DocumentStatus
from common.events.commands import ResolveDocument
from common.events.documents import DocumentIssued
from invoice_writer.outcomes.outcome import Outcome
from invoice_writer.outcomes.recording import update_status
from invoice_writer.outcomes.state import DocumentState


async def mark_booked_by_hand(
    session: AsyncSession,
    event: DocumentIssued,
    command: ResolveDocument,
    *,
    state: DocumentState,
    payer: PayerHashes | None,
) -> None:
    """Make a parked document stand as booked by hand; one that a voucher of ours stands for is left alone."""
    is_deleted = state.reason == DocumentReason.VOUCHER_DELETED.value
    if state.status != DocumentStatus.PARKED or not (state.voucher_id is None or is_deleted):
        return
    said = {"voucher_id": command.voucher_id, "comment": command.comment}
    params = {name: value for name, value in said.items() if value is not None}
    outcome = Outcome(DocumentStatus.EXCLUDED, reason=BOOKED_BY_HAND, params=params)
    await update_status(session, event, outcome, state=state, payer=payer)
    if is_deleted:
        subject = document_subject(event.connection_id, event.document_type, event.number)
        await close_alarms(session, AlarmKind.VOUCHER_DELETED, subject, tenant_id=event.tenant_id)
