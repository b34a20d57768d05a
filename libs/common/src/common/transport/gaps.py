"""Messages that left a topic before their reader came: counted, alarmed, and sent again from the outbox."""

from collections.abc import Sequence
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from sqlalchemy import CursorResult, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.effects import AlarmRow
from common.db.models.line import InboxRow, OutboxRow
from common.domain.alarms import AlarmKind
from common.events.topics import topics_read_by
from common.observability import metrics

log = structlog.get_logger()

OUTBOX = table(OutboxRow)
INBOX = table(InboxRow)
NOWHERE = (NoOffsetForPartitionError, OffsetOutOfRangeError)


class Gaps:
    """Where one reader goes on when its place in a partition is gone; nothing is passed over in silence."""

    def __init__(self, db: Database, consumer: str, prefix: str) -> None:
        self._db, self._consumer, self._prefix = db, consumer, prefix

    async def go_on(self, kafka: AIOKafkaConsumer, error: Exception) -> None:
        """Count what is lost, raise the alarm, and read on from what the broker still has."""
        for partition, wanted in _asked_offsets(error).items():
            first = (await kafka.beginning_offsets([partition]))[partition]
            end = (await kafka.end_offsets([partition]))[partition]
            if wanted is not None and first <= wanted <= end:
                continue  # an answer from before the place was found
            lost = max(0, first - (wanted or 0))
            if lost or wanted:
                await self._tell(partition, wanted, first, lost)
            if partition in kafka.assignment():
                kafka.seek(partition, first)

    async def close(self) -> None:
        """Close the alarms of topics of which this reader lacks nothing that could be sent again."""
        async with self._db.sessions.of_nobody() as session:
            for topic in topics_read_by(self._consumer):
                subject = f"{self._consumer}:{topic.name}"
                since = (
                    select(AlarmRow.created_at)
                    .where(
                        AlarmRow.kind == AlarmKind.MESSAGES_MISSED.value,
                        AlarmRow.subject == subject,
                        AlarmRow.closed_at.is_(None),
                    )
                    .scalar_subquery()
                )
                if await session.scalar(select(since)) is None:
                    continue
                left = select(OUTBOX.c.outbox_id).where(
                    *_lacking(self._consumer, [topic.name]), OUTBOX.c.created_at <= since
                )
                if await session.scalar(left.limit(1)) is None:
                    await close_alarms(session, AlarmKind.MESSAGES_MISSED, subject)

    async def _tell(self, partition: TopicPartition, wanted: int | None, first: int, lost: int) -> None:
        name = partition.topic.removeprefix(self._prefix)
        evidence = {
            "partition": partition.partition,
            "read_up_to": wanted,
            "goes_on_at": first,
            "messages": lost,
        }
        log.error("transport.messages_missed", consumer=self._consumer, topic=name, **evidence)
        metrics.TRANSPORT_MISSED.labels(self._consumer, partition.topic).inc(lost)
        async with self._db.sessions.of_nobody() as session:
            subject = f"{self._consumer}:{name}"
            await raise_alarm(session, Alarm(AlarmKind.MESSAGES_MISSED, subject, evidence))


async def send_again(session: AsyncSession, consumer: str) -> int:
    """Let the relays publish again what this reader lacks and the outbox still has; returns how many rows.

    What is under way is sent twice; the inbox takes it once.
    """
    topics = [topic.name for topic in topics_read_by(consumer)]
    again = update(OUTBOX).where(*_lacking(consumer, topics), OUTBOX.c.sent_at.is_not(None))
    return cast(CursorResult[Any], await session.execute(again.values(sent_at=None))).rowcount


def _lacking(consumer: str, topics: Sequence[str]) -> tuple[Any, ...]:
    """Rows with their payload that are not in the reader's inbox in any state."""
    known = exists().where(INBOX.c.consumer == consumer, INBOX.c.event_id == OUTBOX.c.event_id)
    return (OUTBOX.c.topic.in_(topics), OUTBOX.c.payload.is_not(None), ~known)


def _asked_offsets(error: Exception) -> dict[TopicPartition, int | None]:
    """The partitions that the client could not read, with the offset it asked for; None = it has none."""
    if isinstance(error, OffsetOutOfRangeError):
        return dict(error.args[0])
    return {error.args[0]: None}
