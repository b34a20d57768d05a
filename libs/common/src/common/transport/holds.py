"""Messages whose predecessor never came: given up, with an alarm, once the reader passed where it could be.

A message is held while its predecessor is not in the inbox in any state; the claim of keys sees to that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.line import InboxKeyRow, InboxRow, OutboxRow
from common.domain.alarms import AlarmKind
from common.events.registry import BY_TYPE
from common.events.topics import topics_read_by
from common.settings import KafkaSettings
from common.transport.kafka_client import partitions_of

log = structlog.get_logger()

INBOX = table(InboxRow)
KEYS = table(InboxKeyRow)
OUTBOX = table(OutboxRow)

AT_ONCE = 500
KEPT_SECONDS = 30 * 86_400.0  # so long a predecessor may still be sent again

Ends = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class _Held:
    """A message that waits for its predecessor."""

    inbox_id: int
    event_id: UUID
    type: str


class Holds:
    """Looks after what waits in one inbox for a predecessor that is not there in any state."""

    def __init__(self, db: Database, consumer: str) -> None:
        self._db, self._consumer = db, consumer
        self._seen: dict[UUID, Ends] = {}  # the ends of the topic when the gap was first seen here

    async def run_once(
        self, kafka: AIOKafkaConsumer | None = None, settings: KafkaSettings | None = None
    ) -> None:
        """Give up what cannot come any more, and close the alarm when all of it has come after all.

        Without a broker whatever was sent is in the inbox already.
        """
        async with self._db.reading.of_queues() as session:
            held = await _list_held(session, self._consumer)
        if kafka and settings:
            held = await self._passed(kafka, settings, held)
        async with self._db.sessions.of_queues() as session:
            if held:
                await self._give_up(session, held)
            if await session.scalar(_given_up(self._consumer)) is None:
                await close_alarms(session, AlarmKind.ORDER_GAP, self._consumer)

    async def _passed(
        self, kafka: AIOKafkaConsumer, settings: KafkaSettings, held: Sequence[_Held]
    ) -> list[_Held]:
        """Return those that every partition was read past, to its end when the gap was first seen."""
        self._seen = {one.event_id: self._seen[one.event_id] for one in held if one.event_id in self._seen}
        names = {one.event_id: self._names(settings.topic_prefix, one.type) for one in held}
        ends: dict[str, Ends] = {}
        new = {name for one in held if one.event_id not in self._seen for name in names[one.event_id]}
        for name in sorted(new):
            partitions = [TopicPartition(name, number) for number in await partitions_of(settings, name)]
            firsts, lasts = await kafka.beginning_offsets(partitions), await kafka.end_offsets(partitions)
            ends[name] = {
                partition: lasts[partition]
                for partition in partitions
                if firsts[partition] < lasts[partition]
            }
        for one in held:
            seen = {
                partition: end
                for name in names[one.event_id]
                for partition, end in ends.get(name, {}).items()
            }
            self._seen.setdefault(one.event_id, seen)
        asked = sorted({partition for one in held for partition in self._seen[one.event_id]})
        passed: dict[TopicPartition, int] = await kafka.beginning_offsets(asked) if asked else {}
        for partition in asked:
            passed[partition] = max(passed[partition], await kafka.committed(partition) or 0)
        return [
            one
            for one in held
            if all(passed[partition] >= end for partition, end in self._seen[one.event_id].items())
        ]

    def _names(self, prefix: str, event_type: str) -> list[str]:
        """The topic of the message; of a type that a newer release knows, every one that it may be of."""
        event_class = BY_TYPE.get(event_type)
        topics = topics_read_by(self._consumer) if event_class is None else [event_class.topic]
        return [prefix + topic.name for topic in topics]

    async def _give_up(self, session: AsyncSession, held: Sequence[_Held]) -> None:
        ids = [one.inbox_id for one in held]
        given_up = (
            update(INBOX)
            .where(INBOX.c.inbox_id.in_(ids), *_is_held())
            .values(given_up_at=db_now())
            .returning(INBOX.c.inbox_id, INBOX.c.event_id, INBOX.c.predecessor, INBOX.c.ordering_key)
        )
        gone = (await session.execute(given_up)).all()
        if not gone:
            return
        keys = sorted({row.ordering_key for row in gone})
        waiting = (KEYS.c.consumer == self._consumer, KEYS.c.ordering_key.in_(keys))
        free = update(KEYS).where(*waiting, KEYS.c.held_since.is_not(None))
        await session.execute(free.values(due_at=db_now(), held_since=None))
        evidence = {
            "ordering_key": gone[0].ordering_key,
            "event_id": str(gone[0].event_id),
            "missing": str(gone[0].predecessor),
            "messages": len(gone),
        }
        log.error("transport.order_gap", consumer=self._consumer, **evidence)
        await raise_alarm(session, Alarm(AlarmKind.ORDER_GAP, self._consumer, evidence))


async def _list_held(session: AsyncSession, consumer: str) -> list[_Held]:
    on_way = exists().where(OUTBOX.c.event_id == INBOX.c.predecessor, OUTBOX.c.sent_at.is_(None))
    query = (
        select(INBOX.c.inbox_id, INBOX.c.event_id, INBOX.c.type)
        .join(KEYS, (KEYS.c.consumer == INBOX.c.consumer) & (KEYS.c.ordering_key == INBOX.c.ordering_key))
        .where(INBOX.c.consumer == consumer, KEYS.c.held_since.is_not(None), *_is_held(), ~on_way)
        .order_by(INBOX.c.inbox_id)
        .limit(AT_ONCE)
    )
    return [_Held(row.inbox_id, row.event_id, row.type) for row in await session.execute(query)]


def _is_held() -> tuple[Any, ...]:
    return (
        INBOX.c.done_at.is_(None),
        INBOX.c.predecessor.is_not(None),
        INBOX.c.given_up_at.is_(None),
        ~_has_come(),
    )


def _given_up(consumer: str) -> Any:
    """One message that was given up and whose predecessor could still come."""
    return (
        select(INBOX.c.inbox_id)
        .where(
            INBOX.c.consumer == consumer,
            INBOX.c.given_up_at > select(db_now(-KEPT_SECONDS)).scalar_subquery(),
            ~_has_come(),
        )
        .limit(1)
    )


def _has_come() -> Any:
    before = INBOX.alias("before")
    return exists().where(before.c.consumer == INBOX.c.consumer, before.c.event_id == INBOX.c.predecessor)
