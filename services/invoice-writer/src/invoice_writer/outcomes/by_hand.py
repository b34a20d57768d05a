"""A person booked a document outside of this product: it is left out, by that name."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import close_alarms
from common.domain.alarms import AlarmKind
from common.domain.reasons import BOOKED_BY_HAND, Reason
from common.events.commands import ResolveDocument
from common.events.documents import DocumentIssued
from invoice_writer.outcomes.recording import record_standing
from invoice_writer.outcomes.standing import EXCLUDED, PARKED, Outcome


async def leave_to_hand(
    session: AsyncSession, event: DocumentIssued, command: ResolveDocument, *, before: Row[Any]
) -> None:
    """Make a parked document stand as booked by hand; one that a voucher of ours stands for is left alone."""
    is_deleted = before.reason == Reason.VOUCHER_DELETED.value
    if before.status != PARKED or not (before.voucher_id is None or is_deleted):
        return
    said = {"voucher_id": command.voucher_id, "comment": command.comment}
    params = {name: value for name, value in said.items() if value is not None}
    outcome = Outcome(EXCLUDED, reason=BOOKED_BY_HAND, params=params)
    await record_standing(session, event, outcome, before=before)
    if is_deleted:
        subject = f"{event.connection_id}:{event.document_type.value}:{event.number}"
        await close_alarms(session, AlarmKind.VOUCHER_DELETED, subject, tenant_id=event.tenant_id)
