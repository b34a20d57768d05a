"""A document whose message our code could not process is shown as parked, never invisible."""

from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.books import OutcomeRow
from common.db.models.line import NO_INBOX_ROW
from common.domain.documents import DocumentType, Fact, document_id
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus, FileState
from common.errors import InvalidMessageError
from common.events.commands import (
    AcceptEInvoiceDifference,
    ExcludeDocument,
    IncludeDocument,
    ResolveDocument,
    RetryDocument,
)
from common.events.documents import DocumentIssued
from common.events.registry import parse
from common.inbox.messages import Message, RawMessage
from common.transport.base import Incoming
from common.transport.large import whole
from invoice_writer.outcomes.outcome import Outcome
from invoice_writer.outcomes.recording import record_outcome, update_status
from invoice_writer.outcomes.repository import OutcomeRepository

AboutDocument = RetryDocument | ResolveDocument | ExcludeDocument | IncludeDocument | AcceptEInvoiceDifference


class _Named(Fact):
    """What has to be readable to tell which document a message is about."""

    tenant_id: UUID
    connection_id: UUID
    order_id: str
    document_type: DocumentType
    number: str


async def park_dead(session: AsyncSession, message: Message | RawMessage, error: Exception) -> None:
    """Show the document of a dead letter as parked with `internal_error`; other messages change nothing.

    Of what we failed to process no more is told than which document it is, nothing of its payer.
    """
    outcome = Outcome(
        DocumentStatus.PARKED,
        reason=DocumentReason.INTERNAL_ERROR.value,
        params={"error": type(error).__name__},
    )
    if isinstance(message, Message) and isinstance(message.event, DocumentIssued):
        event = message.event
        state = await OutcomeRepository(session, event.tenant_id).find(event.document_id)
        if state is None:
            await record_outcome(session, event, outcome, state=None, payer=None)
        elif state.voucher_id is None:
            await update_status(session, event, outcome, state=state, payer=None)
    elif isinstance(message, Message) and isinstance(message.event, AboutDocument):
        await _park_retried(session, message.event, outcome)
    elif isinstance(message, RawMessage):
        await _park_unreadable(session, message, outcome)


async def park_buried(session: AsyncSession, message: Incoming, error: Exception) -> None:
    """Park as `park_dead` does, for a message that the inbox cannot hold."""
    raw = RawMessage(
        inbox_id=NO_INBOX_ROW,
        event_id=message.event_id,
        type=message.type,
        tenant_id=message.tenant_id,
        ordering_key=message.ordering_key,
        lane=message.lane,
        attempts=0,
        failures=0,
        payload=await whole(session, message.tenant_id, message.payload, message.headers),
        headers=message.headers,
    )
    try:
        read = Message.of(raw, parse(raw.type, raw.payload))
    except (KeyError, InvalidMessageError):
        await park_dead(session, raw, error)
    else:
        await park_dead(session, read, error)


async def _park_retried(session: AsyncSession, command: AboutDocument, outcome: Outcome) -> None:
    outcomes = OutcomeRepository(session, command.tenant_id)
    state = await outcomes.find(command.document_id)
    if state is not None and state.voucher_id is None:
        await outcomes.update_status(command.document_id, outcome)


async def _park_unreadable(session: AsyncSession, message: RawMessage, outcome: Outcome) -> None:
    """Park the document that a payload names, although it is no event."""
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
        file_status=FileState.PENDING,
        revision=1,
        first_seen_at=db_now(),
        changed_at=db_now(),
    )
    await session.execute(statement.on_conflict_do_nothing(index_elements=["document_id"]))
