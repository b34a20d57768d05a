"""Take messages into the inbox: each once, in the order they came, without looking into them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, null, or_
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.base import table
from common.db.models.line import InboxKeyRow, InboxRow, InboxTurnRow
from common.domain.stored_words import Lane, MessageState
from common.events.registry import is_known
from common.observability import metrics
from common.transport.base import Incoming

INBOX = table(InboxRow)
KEYS = table(InboxKeyRow)
TURNS = table(InboxTurnRow)


async def accept(session: AsyncSession, consumer: str, messages: Sequence[Incoming]) -> int:
    """Keep messages new to this consumer and return how many; a type nobody knows is kept as ignored."""
    known = [message for message in messages if is_known(message.type)]
    unknown = [message for message in messages if not is_known(message.type)]
    new = await _insert(session, consumer, known, state=MessageState.READY, done_at=None)
    ignored = await _insert(session, consumer, unknown, state=MessageState.IGNORED, done_at=db_now())
    fresh = [message for message in known if message.event_id in new]
    if fresh:
        await _open_keys(session, consumer, fresh)
    metrics.INBOX_ACCEPTED.labels(consumer, "new").inc(len(new))
    metrics.INBOX_ACCEPTED.labels(consumer, "duplicate").inc(len(messages) - len(new) - len(ignored))
    for event_type, count in Counter(
        message.type for message in unknown if message.event_id in ignored
    ).items():
        metrics.INBOX_IGNORED.labels(consumer, event_type).inc(count)
    return len(new) + len(ignored)


async def _insert(
    session: AsyncSession, consumer: str, messages: Sequence[Incoming], *, state: MessageState, done_at: Any
) -> set[UUID]:
    if not messages:
        return set()
    statement = (
        insert(session, INBOX)
        .values(
            consumer=consumer,
            state=state,
            attempts=0,
            failures=0,
            received_at=db_now(),
            done_at=done_at,
            last_error=None,
        )
        .on_conflict_do_nothing(index_elements=["consumer", "event_id"])
        .returning(INBOX.c.event_id)
    )
    rows = [
        {
            "event_id": message.event_id,
            "predecessor": message.predecessor,
            "tenant_id": message.tenant_id,
            "type": message.type,
            "ordering_key": message.ordering_key,
            "lane": message.lane.value,
            "payload": message.payload,
            "headers": message.headers,
        }
        for message in messages
    ]
    return set((await session.scalars(statement, rows)).all())


async def _open_keys(session: AsyncSession, consumer: str, messages: Sequence[Incoming]) -> None:
    """Make the keys claimable; a live message pulls its key into the live lane until the key is empty."""
    lanes: dict[str, Lane] = {}
    owners: dict[str, UUID] = {}
    for message in messages:
        owners[message.ordering_key] = message.tenant_id
        if lanes.get(message.ordering_key) is not Lane.LIVE:
            lanes[message.ordering_key] = message.lane
    # In one order everywhere, so that two batches cannot wait for each other.
    rows = [
        {"ordering_key": key, "tenant_id": owners[key], "lane": lanes[key].value} for key in sorted(lanes)
    ]
    upsert = insert(session, KEYS).values(consumer=consumer, due_at=db_now(), lease_token=None)
    # Of a key that is there the lease survives, for a worker may be at it, and so does its time: a back-off
    # goes on, unless the key was held for a predecessor that may have come now. The lane only becomes live.
    is_live = upsert.excluded.lane == Lane.LIVE.value
    pulled = upsert.on_conflict_do_update(
        index_elements=["consumer", "ordering_key"],
        set_={
            "lane": case((is_live, upsert.excluded.lane), else_=KEYS.c.lane),
            "due_at": case((KEYS.c.held_since.is_not(None), db_now()), else_=KEYS.c.due_at),
            "held_since": null(),
        },
        where=or_(is_live, KEYS.c.held_since.is_not(None)),
    )
    await session.execute(pulled, rows)
    turns = insert(session, TURNS).values(consumer=consumer, served_at=db_now()).on_conflict_do_nothing()
    waiting = sorted({(owners[key], lane.value) for key, lane in lanes.items()})
    await session.execute(turns, [{"tenant_id": tenant_id, "lane": lane} for tenant_id, lane in waiting])
