"""The statements that end a claim; each first makes sure that the lease is still ours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, delete, exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.models.base import table
from common.db.models.line import InboxKeyRow, InboxRow
from common.domain.stored_words import MessageState
from common.inbox.claim import lock_leased
from common.inbox.messages import RawMessage

INBOX = table(InboxRow)
KEYS = table(InboxKeyRow)


@dataclass(frozen=True, slots=True)
class Finished:
    """A message that needs nothing more; `state` is done or ignored."""

    message: RawMessage
    token: UUID
    state: MessageState


@dataclass(frozen=True, slots=True)
class Postponed:
    """A message that waits; `error` is set when a try failed, `failures` counts unexplained ones so far."""

    message: RawMessage
    token: UUID
    seconds: float
    error: str | None
    failures: int
    why: str | None = None  # what it waits for, where no try failed
    waits_for: UUID | None = None  # the breaker whose end it waits for, instead of the time


Ending = Finished | Postponed


async def finish(session: AsyncSession, consumer: str, endings: Sequence[Ending]) -> int:
    """Write the endings whose lease still holds and return how many keys have more messages."""
    tokens = {ending.message.ordering_key: ending.token for ending in endings}
    ours = await lock_leased(session, consumer, tokens)
    kept = [ending for ending in endings if ending.message.ordering_key in ours]
    finished = [ending for ending in kept if isinstance(ending, Finished)]
    postponed = [ending for ending in kept if isinstance(ending, Postponed)]
    if postponed:
        await _postpone(session, consumer, postponed)
    for state in sorted({ending.state for ending in finished}):
        await close(session, [ending.message.inbox_id for ending in finished if ending.state == state], state)
    return await free_keys(session, consumer, {ending.message.ordering_key for ending in finished})


async def close(session: AsyncSession, inbox_ids: Collection[int], state: MessageState) -> None:
    """End the messages in this state; their keys still have to be freed."""
    await session.execute(
        update(INBOX).where(INBOX.c.inbox_id.in_(inbox_ids)).values(state=state, done_at=db_now())
    )


async def free_keys(session: AsyncSession, consumer: str, keys: Collection[str]) -> int:
    """Let go of locked keys: empty ones vanish, the others are due at once; returns how many are due."""
    if not keys:
        return 0
    mine = (KEYS.c.consumer == consumer) & KEYS.c.ordering_key.in_(sorted(keys))
    has_open = exists().where(
        INBOX.c.consumer == KEYS.c.consumer,
        INBOX.c.ordering_key == KEYS.c.ordering_key,
        INBOX.c.done_at.is_(None),
    )
    emptied = cast(CursorResult[Any], await session.execute(delete(KEYS).where(mine, ~has_open)))
    left = len(keys) - emptied.rowcount
    if left:
        await session.execute(update(KEYS).where(mine).values(due_at=db_now(), lease_token=None))
    return left


async def _postpone(session: AsyncSession, consumer: str, postponed: Sequence[Postponed]) -> None:
    await _set_aside(session, consumer, postponed)
    failed = [ending for ending in postponed if ending.error is not None]
    if failed:
        count = (
            update(INBOX)
            .where(INBOX.c.inbox_id == bindparam("id"))
            .values(
                attempts=INBOX.c.attempts + 1, failures=bindparam("failed"), last_error=bindparam("error")
            )
        )
        tries = [
            {"id": ending.message.inbox_id, "failed": ending.failures, "error": ending.error}
            for ending in failed
        ]
        await session.execute(count, tries)
    reasons = [
        {"id": ending.message.inbox_id, "why": ending.why}
        for ending in postponed
        if ending.error is None and ending.why is not None
    ]
    if reasons:
        telling = update(INBOX).where(INBOX.c.inbox_id == bindparam("id")).values(last_error=bindparam("why"))
        await session.execute(telling, reasons)


async def _set_aside(session: AsyncSession, consumer: str, postponed: Sequence[Postponed]) -> None:
    """Write into the keys when they are tried next, or which breaker's end they wait for."""
    mine = (KEYS.c.consumer == consumer) & (KEYS.c.ordering_key == bindparam("key"))
    timed = [
        {"key": ending.message.ordering_key, "seconds": ending.seconds}
        for ending in postponed
        if ending.waits_for is None
    ]
    if timed:
        wait = update(KEYS).where(mine).values(due_at=db_now(bindparam("seconds")), lease_token=None)
        await session.execute(wait, timed)
    resting = [
        {"key": ending.message.ordering_key, "breaker": ending.waits_for}
        for ending in postponed
        if ending.waits_for is not None
    ]
    if resting:
        rest = update(KEYS).where(mine)
        rest = rest.values(due_at=None, lease_token=None, waits_for=bindparam("breaker"))
        await session.execute(rest, resting)
