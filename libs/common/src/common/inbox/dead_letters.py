"""Messages our code could not process: kept with their key held back until a person replays or discards."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.line import NO_INBOX_ROW, DeadLetterRow, InboxKeyRow, InboxRow
from common.db.trouble import describe, is_trouble
from common.domain.stored_words import DeadLetterState, MessageState
from common.events.commands import DISCARD, REPLAY, DeadLetterCommand
from common.inbox.accept import accept
from common.inbox.claim import lock_leased
from common.inbox.finish import close, free_keys
from common.inbox.messages import Done, Message, RawMessage
from common.inbox.routes import Route, on
from common.transport import buried

log = structlog.get_logger()

LETTERS = table(DeadLetterRow)
INBOX = table(InboxRow)
KEYS = table(InboxKeyRow)


OnDead = Callable[[AsyncSession, Message | RawMessage, Exception], Awaitable[None]]
Act = Callable[[AsyncSession, str, UUID], Awaitable[bool]]


async def keep_dead_letter(
    session: AsyncSession, consumer: str, message: RawMessage, token: UUID, error: str
) -> bool:
    """Make the message a dead letter that holds back its key; False when the lease was lost."""
    if not await lock_leased(session, consumer, {message.ordering_key: token}):
        return False
    await session.execute(
        update(INBOX)
        .where(INBOX.c.inbox_id == message.inbox_id)
        .values(state=MessageState.DEAD, attempts=INBOX.c.attempts + 1, last_error=error)
    )
    await session.execute(_key(consumer, message.ordering_key).values(due_at=None, lease_token=None))
    await session.execute(
        insert(session, LETTERS).values(
            dead_letter_id=uuid4(),
            consumer=consumer,
            inbox_id=message.inbox_id,
            event_id=message.event_id,
            tenant_id=message.tenant_id,
            type=message.type,
            ordering_key=message.ordering_key,
            error=error,
            attempts=message.attempts + 1,
            state=DeadLetterState.KEPT,
            created_at=db_now(),
        )
    )
    return True


async def replay(session: AsyncSession, consumer: str, dead_letter_id: UUID) -> bool:
    """Put the message back in line as if it had never been tried; False when the letter was closed before.

    A buried message goes into the inbox; the error is raised when it still does not fit.
    """
    letter = await _open_letter(session, consumer, dead_letter_id)
    if letter is None:
        return False
    if letter.inbox_id == NO_INBOX_ROW:
        return await buried.dig_up(session, accept, consumer, letter.event_id)
    await session.execute(
        update(INBOX)
        .where(INBOX.c.inbox_id == letter.inbox_id)
        .values(state=MessageState.READY, attempts=0, failures=0, last_error=None)
    )
    await session.execute(_key(consumer, letter.ordering_key).values(due_at=db_now(), lease_token=None))
    await _close_letter(session, dead_letter_id, DeadLetterState.REPLAYED)
    return True


async def discard(session: AsyncSession, consumer: str, dead_letter_id: UUID) -> bool:
    """Give the message up, so that its key goes on; False when the letter was closed before."""
    letter = await _open_letter(session, consumer, dead_letter_id)
    if letter is None:
        return False
    if letter.inbox_id == NO_INBOX_ROW:
        return await buried.give_up(session, consumer, letter.event_id)
    await close(session, [letter.inbox_id], MessageState.DISCARDED)
    await free_keys(session, consumer, {letter.ordering_key})
    await _close_letter(session, dead_letter_id, DeadLetterState.DISCARDED)
    return True


def command_routes(db: Database, consumer: str, wake: Callable[[], None]) -> Sequence[Route]:
    """What works this service's commands to replay and to discard; `wake` is the worker's."""
    return (
        on(REPLAY[consumer], _handler(db, consumer, replay, wake)),
        on(DISCARD[consumer], _handler(db, consumer, discard, wake)),
    )


def _handler(
    db: Database, consumer: str, act: Act, wake: Callable[[], None]
) -> Callable[[DeadLetterCommand], Awaitable[Done]]:
    async def handle(command: DeadLetterCommand) -> Done:
        dead_letter_id = command.dead_letter_id
        try:
            async with db.sessions.of(command.tenant_id) as session:
                acted = await act(session, consumer, dead_letter_id)
        except Exception as error:
            if is_trouble(error):
                raise
            await _still_kept(db, consumer, dead_letter_id, describe(error))
            return Done()
        if acted:
            wake()
        return Done()

    return handle


async def _still_kept(db: Database, consumer: str, dead_letter_id: UUID, error: str) -> None:
    """Write into the letter why the buried message still does not fit; it stays kept."""
    log.error("inbox.replay_failed", consumer=consumer, dead_letter_id=str(dead_letter_id), error=error)
    letter = update(LETTERS).where(
        LETTERS.c.dead_letter_id == dead_letter_id, LETTERS.c.state == DeadLetterState.KEPT
    )
    async with db.sessions.of_queues() as session:
        await session.execute(letter.values(error=error, attempts=LETTERS.c.attempts + 1))


async def _open_letter(session: AsyncSession, consumer: str, dead_letter_id: UUID) -> DeadLetterRow | None:
    """Lock the letter, and its key before it, as everywhere. Returns None when it is not kept any more."""
    letter = await session.get(DeadLetterRow, dead_letter_id)
    if letter is None or letter.consumer != consumer:
        return None
    await session.execute(
        select(KEYS.c.ordering_key)
        .where(KEYS.c.consumer == consumer, KEYS.c.ordering_key == letter.ordering_key)
        .with_for_update()
    )
    await session.refresh(letter, with_for_update=True)
    return letter if letter.state == DeadLetterState.KEPT else None


async def _close_letter(session: AsyncSession, dead_letter_id: UUID, state: DeadLetterState) -> None:
    await session.execute(
        update(LETTERS)
        .where(LETTERS.c.dead_letter_id == dead_letter_id)
        .values(state=state, closed_at=db_now())
    )


def _key(consumer: str, ordering_key: str) -> Update:
    return update(KEYS).where(KEYS.c.consumer == consumer, KEYS.c.ordering_key == ordering_key)
