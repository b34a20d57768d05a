"""The messages by which a released document is decided again."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import row_lock
from common.db.models.books import OutcomeRow
from common.domain.stored_words import Lane
from common.events.base import Event
from common.events.commands import ResolveDocument, RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.base import Incoming
from invoice_writer.released.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Requeued:
    """A document whose turn it is: asked for by a person's command, or to be bound to a voucher if equal."""

    document: Candidate
    asked_by: UUID | None = None
    voucher_id: str | None = None


async def requeue(
    session: AsyncSession, turns: Sequence[Requeued], *, lane: Lane = Lane.LIVE
) -> list[Incoming]:
    """Accept one message per document into our own inbox, in this order, and return them."""
    messages = [Incoming.of(_command(turn, lane)) for turn in turns]
    await accept(session, INVOICE_WRITER, messages)
    await _remember(session, {turn.document.document_id: turn.document.revision for turn in turns})
    return messages


def is_automatic(command: RetryDocument) -> bool:
    """Whether nobody asked for the retry: our own commands have ids computed from the outcome."""
    return command.command_id.version == 5


async def _remember(session: AsyncSession, revisions: dict[UUID, int]) -> None:
    """Remember which outcomes are in line; one that is being decided at this moment needs no mark."""
    locking = (
        select(OutcomeRow.document_id, OutcomeRow.revision)
        .where(OutcomeRow.document_id.in_(revisions))
        .order_by(OutcomeRow.document_id)
        .with_for_update(**row_lock(session))
    )
    locked = (await session.execute(locking)).all()
    same = [row.document_id for row in locked if row.revision == revisions[row.document_id]]
    if same:
        statement = update(OutcomeRow).where(OutcomeRow.document_id.in_(same))
        await session.execute(
            statement.values(queued_revision=OutcomeRow.revision).execution_options(synchronize_session=False)
        )


def _command(turn: Requeued, lane: Lane) -> Event:
    """By itself one per outcome; another one for each time somebody asks."""
    document = turn.document
    name = f"recheck:{document.document_id}:{document.revision}"
    command_id = uuid5(turn.asked_by or NAMESPACE_URL, name)
    if turn.voucher_id is None:
        return RetryDocument.about(document, command_id=command_id, lane=lane)
    return ResolveDocument.about(
        document,
        command_id=command_id,
        lane=lane,
        action="adopt",
        voucher_id=turn.voucher_id,
        if_equal=True,
    )
