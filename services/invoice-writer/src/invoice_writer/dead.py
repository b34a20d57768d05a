"""A document whose message our code could not process is shown as parked, never invisible."""

from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.books import OutcomeRow
from common.domain.documents import DocumentType, Fact, document_id
from common.domain.reasons import Reason
from common.events.commands import (
    AcceptEInvoiceDifference,
    ExcludeDocument,
    IncludeDocument,
    ResolveDocument,
    RetryDocument,
)
from common.events.documents import DocumentIssued
from common.inbox.messages import Message, RawMessage
from invoice_writer.outcomes import PARKED, PENDING, Outcome, OutcomeRepository
from invoice_writer.recording import record_outcome, record_standing

AboutDocument = RetryDocument | ResolveDocument | ExcludeDocument | IncludeDocument | AcceptEInvoiceDifference


class _Named(Fact):
    """What has to be readable to tell which document a message is about."""

    tenant_id: UUID
    connection_id: UUID
    order_id: str
    document_type: DocumentType
    number: str


async def park_dead(session: AsyncSession, message: Message | RawMessage, error: Exception) -> None:
    """Show the document of a dead letter as parked with `internal_error`; other messages change nothing."""
    outcome = Outcome(PARKED, reason=Reason.INTERNAL_ERROR.value, params={"error": type(error).__name__})
    if isinstance(message, Message) and isinstance(message.event, DocumentIssued):
        event = message.event
        seen = await OutcomeRepository(session, event.tenant_id).find(event.document_id)
        if seen is None:
            await record_outcome(session, event, outcome, before=None)
        elif seen.voucher_id is None:
            await record_standing(session, event, outcome, before=seen)
    elif isinstance(message, Message) and isinstance(message.event, AboutDocument):
        await _park_retried(session, message.event, outcome)
    elif isinstance(message, RawMessage):
        await _park_unreadable(session, message, outcome)


async def _park_retried(session: AsyncSession, command: AboutDocument, outcome: Outcome) -> None:
    outcomes = OutcomeRepository(session, command.tenant_id)
    seen = await outcomes.find(command.document_id)
    if seen is not None and seen.voucher_id is None:
        await outcomes.restand(command.document_id, outcome)


async def _park_unreadable(session: AsyncSession, message: RawMessage, outcome: Outcome) -> None:
    """The payload is no event, but it may still name its document."""
    try:
        named = _Named.model_validate_json(message.payload)
    except ValidationError:
        return
    statement = insert(session, OutcomeRow).values(
        document_id=document_id(named.connection_id, named.document_type, named.number),
        tenant_id=named.tenant_id,
        connection_id=named.connection_id,
        order_id=named.order_id,
        type=named.document_type.value,
        number=named.number,
        status=outcome.status,
        reason=outcome.reason,
        params=outcome.params,
        rules=[],
        evidence={},
        file_status=PENDING,
        revision=1,
        first_seen_at=db_now(),
        changed_at=db_now(),
    )
    await session.execute(statement.on_conflict_do_nothing(index_elements=["document_id"]))
