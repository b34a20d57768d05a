"""What everybody sees of a row that the transport will not take: an alarm, and whatever its service shows."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.models.base import table
from common.db.models.line import OutboxRow
from common.domain.alarms import AlarmKind
from common.transport.base import Outgoing

OUTBOX = table(OutboxRow)

OnRefused = Callable[[AsyncSession, Outgoing, bool], Awaitable[None]]


async def nobody(session: AsyncSession, row: Outgoing, is_refused: bool) -> None:
    """Do nothing, for services whose rows are shown nowhere."""


async def show_refused(
    session: AsyncSession,
    producer: str,
    rows: Sequence[Outgoing],
    refused: Mapping[int, str],
    hook: OnRefused,
) -> None:
    """Raise one alarm per topic and tenant; the evidence names the first row."""
    for row in rows:
        if row.outbox_id not in refused:
            continue
        evidence = {
            "producer": producer,
            "event_id": str(row.event_id),
            "type": row.type,
            "ordering_key": row.ordering_key,
            "error": refused[row.outbox_id],
        }
        subject = _subject(producer, row)
        await raise_alarm(session, Alarm(AlarmKind.EVENT_REFUSED, subject, evidence, row.tenant_id))
        await hook(session, row, True)


async def show_taken(
    session: AsyncSession, producer: str, rows: Sequence[Outgoing], sent: Collection[int], hook: OnRefused
) -> None:
    """Close the alarms of topics and tenants of which nothing is refused any more."""
    for row in rows:
        if not row.refused_before or row.outbox_id not in sent:
            continue
        left = select(OUTBOX.c.outbox_id).where(
            OUTBOX.c.producer == producer,
            OUTBOX.c.topic == row.topic,
            OUTBOX.c.tenant_id == row.tenant_id,
            OUTBOX.c.retry_at.is_not(None),
        )
        if await session.scalar(left.limit(1)) is None:
            subject = _subject(producer, row)
            await close_alarms(session, AlarmKind.EVENT_REFUSED, subject, tenant_id=row.tenant_id)
        await hook(session, row, False)


def _subject(producer: str, row: Outgoing) -> str:
    return f"{producer}:{row.topic}"
