"""A document that arrived before: the event it came with and where it stands."""

from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import InvalidMessageError
from common.events import registry
from common.events.commands import DocumentCommand
from common.events.documents import DocumentEvent, DocumentIssued
from invoice_writer.outcomes import DocumentState, OutcomeRepository


class UnknownDocument(InvalidMessageError):
    """A message names a document that never arrived here."""

    code = "invoice_writer.unknown_document"


async def read_known(
    session: AsyncSession, about: DocumentEvent | DocumentCommand
) -> tuple[DocumentIssued, DocumentState]:
    """Read the document a message is about, and where it stands; raises `UnknownDocument`."""
    outcomes = OutcomeRepository(session, about.tenant_id)
    state = await outcomes.find(about.document_id)
    stored = await outcomes.issue_event(about.document_id)
    if state is None or stored is None:
        raise UnknownDocument(f"{about.document_type.value} of order {about.order_id} never arrived")
    event = registry.parse(*stored)
    assert isinstance(event, DocumentIssued)
    return event, state
