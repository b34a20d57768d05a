"""A document whose event the transport refuses says so, until the event is out."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.models.ingest import DocumentRow
from common.errors import InvalidMessageError
from common.events.documents import DocumentIssued
from common.events.registry import parse
from common.transport.base import Outgoing
from common.transport.large import whole


async def show_undelivered(session: AsyncSession, row: Outgoing, is_refused: bool) -> None:
    """Mark the document of a refused event, and lift the mark when the event is out."""
    try:
        event = parse(row.type, await whole(session, row.tenant_id, row.payload, row.headers))
    except (KeyError, InvalidMessageError):  # a row of another release: nothing to show
        return
    if isinstance(event, DocumentIssued):
        document = DocumentRow.document_id == event.document_id
        since = db_now() if is_refused else None
        await session.execute(update(DocumentRow).where(document).values(undelivered_at=since))
