"""Alarms about documents: told once, and noted in the document's history."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, raise_once
from common.domain.alarms import AlarmKind
from common.domain.keys import document_subject
from common.events.documents import DocumentIssued
from invoice_writer.outcomes.repository import OutcomeRepository


async def tell_of_document(
    session: AsyncSession, event: DocumentIssued, kind: AlarmKind, about: str, evidence: Mapping[str, Any]
) -> None:
    """Tell a person of the document; the same about the same thing is told once."""
    subject = document_subject(event.connection_id, event.document_type, event.number)
    alarm = Alarm(kind, subject, evidence, event.tenant_id)
    if await raise_once(session, alarm, f"{event.document_id}:{about}"):
        await OutcomeRepository(session, event.tenant_id).add_timeline_entry(
            event.document_id, kind.value, dict(evidence)
        )
