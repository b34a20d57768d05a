"""A person confirms the date printed on a document whose shop sent none."""

from datetime import UTC, datetime, time
from uuid import uuid5

from sqlalchemy import update

from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus
from common.events.commands import ConfirmIssueDate, RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done
from common.transport.base import Incoming
from invoice_writer.excluding.known import read_known
from invoice_writer.outcomes import OutcomeRepository

NOON = time(11, tzinfo=UTC)  # the same calendar day in Germany


async def confirm_issue_date(db: Database, command: ConfirmIssueDate) -> Done:
    """Put the document in line with the date a person read on it; one that stands otherwise stays so."""
    async with db.sessions.of(command.tenant_id) as session:
        event, state = await read_known(session, command)
        if (state.status, state.reason) != (DocumentStatus.PARKED, DocumentReason.ISSUE_DATE_MISSING.value):
            return Done()
        at = datetime.combine(command.issued_on, NOON)
        dated = event.document.model_copy(update={"issued_at": at, "date_missing": False})
        known = event.model_copy(update={"document": dated})
        changing = update(OutcomeRow).where(
            OutcomeRow.tenant_id == command.tenant_id, OutcomeRow.document_id == command.document_id
        )
        values = {"event": known.model_dump_json().encode(), "issued_on": command.issued_on}
        await session.execute(changing.values(**values))
        noted = {"issued_on": command.issued_on.isoformat()}
        await OutcomeRepository(session, command.tenant_id).add_timeline_entry(
            command.document_id, "date_confirmed", noted
        )
        retry = RetryDocument.about(
            command.ref, command_id=uuid5(command.command_id, "decide"), lane=command.lane
        )
        await accept(session, INVOICE_WRITER, [Incoming.of(retry)])
    return Done()
