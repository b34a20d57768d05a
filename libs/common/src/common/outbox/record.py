"""Add facts to the outbox inside the caller's transaction."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, prepared
from common.db.models.base import table
from common.db.models.line import OutboxKeyRow, OutboxRow
from common.events.base import Event
from common.observability import tracing
from common.transport.large import put_aside

SLOTS = 16
OUTBOX = table(OutboxRow)
KEYS = table(OutboxKeyRow)


def slot_of(ordering_key: str) -> int:
    """The slot a key belongs to; stable across processes and releases."""
    return zlib.crc32(ordering_key.encode()) % SLOTS


@dataclass(frozen=True, slots=True)
class Entry:
    """An event to add, with the headers of what caused it."""

    event: Event
    headers: Mapping[str, str]

    @classmethod
    def of(cls, event: Event) -> "Entry":
        """The event with the headers of the work under way here."""
        return cls(event, tracing.current_headers())


async def record(session: AsyncSession, producer: str, *events: Event) -> None:
    """Add events to the open transaction; the relay of `producer` publishes them after the commit.

    The row of each ordering key is written first, so a second writer of the key waits for this commit
    and ids within a key follow commit order. Record everything of a transaction in one call: the keys
    are then taken in one order, and two transactions cannot wait for each other.
    """
    await record_entries(session, producer, [Entry.of(event) for event in events])


async def record_entries(session: AsyncSession, producer: str, entries: Sequence[Entry]) -> None:
    """Record as `record` does, for events that were caused by different work."""
    if not entries:
        return
    keys = sorted({entry.event.ordering_key for entry in entries})
    await session.execute(_touch(session), [{"producer": producer, "ordering_key": key} for key in keys])
    await session.execute(_add(session), [await _row(session, producer, entry) for entry in entries])


async def _row(session: AsyncSession, producer: str, entry: Entry) -> dict[str, Any]:
    event = entry.event
    headers = {**event.headers(), **entry.headers}
    payload, headers = await put_aside(session, event.tenant_id, event.model_dump_json().encode(), headers)
    return {
        "producer": producer,
        "event_id": event.event_id,
        "tenant_id": event.tenant_id,
        "type": event.type,
        "topic": event.topic.name,
        "ordering_key": event.ordering_key,
        "slot": slot_of(event.ordering_key),
        "lane": event.lane.value,
        "payload": payload,
        "headers": headers,
        "of_producer": producer,
        "of_topic": event.topic.name,
        "of_key": event.ordering_key,
    }


@prepared
def _touch(session: AsyncSession) -> Any:
    touch = insert(session, KEYS).values(touched_at=db_now())
    return touch.on_conflict_do_update(
        index_elements=["producer", "ordering_key"], set_={"touched_at": touch.excluded.touched_at}
    )


@prepared
def _add(session: AsyncSession) -> Any:
    row = insert(session, OUTBOX).values(created_at=db_now(), predecessor=_predecessor())
    return row.on_conflict_do_nothing(index_elements=["producer", "event_id"])


def _predecessor() -> Any:
    """The event recorded before this one by the same producer for the same topic and key.

    The key's row is locked, so nobody records between this look and the commit. What was recorded so long ago
    that it could not be sent again is not named.
    """
    earlier = OUTBOX.alias("earlier")
    return (
        select(earlier.c.event_id)
        .where(
            earlier.c.producer == bindparam("of_producer"),
            earlier.c.topic == bindparam("of_topic"),
            earlier.c.ordering_key == bindparam("of_key"),
            earlier.c.payload.is_not(None),
        )
        .order_by(earlier.c.outbox_id.desc())
        .limit(1)
        .scalar_subquery()
    )
