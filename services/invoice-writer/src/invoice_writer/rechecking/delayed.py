"""A document whose message has waited for an hour says so, instead of standing in line without a word."""

from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus
from common.errors import InvalidMessageError
from common.events.documents import DocumentIssued
from common.events.registry import parse
from common.inbox.overdue import OverdueMessage
from common.transport.large import whole
from invoice_writer.outcomes import DocumentState, Outcome, OutcomeRepository, record_outcome

DELAYED = DocumentReason.DELAYED.value
LASTING = frozenset({DELAYED, DocumentReason.WRITE_UNSETTLED.value})


async def show_delayed(session: AsyncSession, late: OverdueMessage) -> None:
    """Make the document of a late message stand as delayed, unless it was decided about before.

    Nobody works on it now, and who does next records what becomes of it.
    """
    try:
        event = parse(late.type, await whole(session, late.tenant_id, late.payload, late.headers))
    except (KeyError, InvalidMessageError):  # not ours to read: it will be ignored or become a dead letter
        return
    if not isinstance(event, DocumentIssued):
        return
    if await OutcomeRepository(session, event.tenant_id).find(event.document_id) is not None:
        return
    params = {"since": late.received_at.isoformat(), "said": (late.last_error or "").partition(":")[0]}
    delayed = Outcome(DocumentStatus.WAITING, reason=DELAYED, params=params)
    await record_outcome(session, event, delayed, state=None, payer=None)


def is_lasting(state: DocumentState | None) -> bool:
    """Whether what keeps the document waiting has lasted for an hour: then a person is asked."""
    return state is not None and state.reason in LASTING
