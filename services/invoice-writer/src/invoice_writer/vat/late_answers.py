"""A VAT id turns out to be valid after documents were booked with the tax they show: a person is told."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.books import OutcomeRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import DocumentStatus, VatResult
from common.domain.taxcases import SHOWN_UNCHECKED
from common.events import registry
from common.events.documents import DocumentIssued
from invoice_writer.outcomes import tell_of_document

CHECK = OutcomeRow.evidence["vat_check"]


async def tell_of_late_answer(session: AsyncSession, tenant_id: UUID, vat_id: str) -> int:
    """Raise one alarm per booked document that showed tax to the id while nobody knew. Returns how many."""
    query = select(OutcomeRow.event_type, OutcomeRow.event, OutcomeRow.rules, OutcomeRow.voucher_id).where(
        OutcomeRow.tenant_id == tenant_id,
        OutcomeRow.status == DocumentStatus.BOOKED,
        CHECK["vat_id"].as_string() == vat_id,
        CHECK["result"].as_string() == VatResult.UNAVAILABLE.value,
    )
    told = 0
    for row in (await session.execute(query)).all():
        if SHOWN_UNCHECKED not in row.rules or row.event is None:
            continue
        event = registry.parse(row.event_type, row.event)
        assert isinstance(event, DocumentIssued)
        evidence = {"vat_id": vat_id, "voucher_id": row.voucher_id, "number": event.number}
        await tell_of_document(session, event, AlarmKind.VAT_ID_VALID_AFTER_BOOKING, vat_id, evidence)
        told += 1
    return told
