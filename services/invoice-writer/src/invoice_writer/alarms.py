"""Alarms about documents: told once, and noted in the document's history."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.effects import AlarmRow
from common.events.documents import DocumentIssued
from invoice_writer.outcomes import OutcomeRepository


async def raise_alarm(
    session: AsyncSession, event: DocumentIssued, kind: str, about: str, evidence: Mapping[str, Any]
) -> None:
    """A person is told of the document; the same about the same thing is told once."""
    alarm = insert(session, AlarmRow).values(
        alarm_id=uuid5(NAMESPACE_URL, f"{kind}:{event.document_id}:{about}"),
        tenant_id=event.tenant_id,
        kind=kind,
        subject=event.fact,
        evidence=dict(evidence),
        created_at=db_now(),
    )
    raised = alarm.on_conflict_do_nothing(index_elements=["alarm_id"]).returning(AlarmRow.alarm_id)
    if (await session.execute(raised)).one_or_none() is not None:
        await OutcomeRepository(session, event.tenant_id).note(event.document_id, kind, dict(evidence))
