"""Messages that no inbox can hold: put aside so that the others arrive, and read again by every new start."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.line import BuriedRow
from common.db.trouble import describe, is_trouble
from common.domain.alarms import AlarmKind
from common.events.base import Lane
from common.observability import metrics
from common.transport.base import Accept, Incoming

log = structlog.get_logger()


async def keep(
    db: Database, accept: Accept, consumer: str, messages: Sequence[Incoming]
) -> dict[UUID, Exception]:
    """Put the messages into the inbox; when they do not fit together, one by one.

    Returns those that do not fit by themselves, which is our fault. Raises what trying again may cure.
    """
    try:
        async with db.sessions.begin() as session:
            await accept(session, consumer, messages)
    except Exception as error:
        if is_trouble(error):
            raise
        if len(messages) == 1:
            return {messages[0].event_id: error}
    else:
        return {}
    misfits: dict[UUID, Exception] = {}
    for message in messages:
        misfits.update(await keep(db, accept, consumer, [message]))
    return misfits


async def keep_or_bury(db: Database, accept: Accept, consumer: str, messages: Sequence[Incoming]) -> None:
    """As `keep`; what does not fit is buried with an alarm."""
    misfits = await keep(db, accept, consumer, messages)
    for message in messages:
        if error := misfits.get(message.event_id):
            async with db.sessions.begin() as session:
                await _bury(session, consumer, message, describe(error))
            metrics.TRANSPORT_BURIED.labels(consumer, message.type).inc()


async def read_again(db: Database, accept: Accept, consumer: str) -> None:
    """Try what is buried once more: this release may be able to hold it."""
    async with db.reading.begin() as session:
        rows = (await session.scalars(select(BuriedRow).where(BuriedRow.consumer == consumer))).all()
    for row in rows:
        if not await keep(db, accept, consumer, [_incoming(row)]):
            async with db.sessions.begin() as session:
                await give_up(session, consumer, row.event_id)


async def give_up(session: AsyncSession, consumer: str, event_id: UUID) -> bool:
    """Forget a buried message; its alarm closes with the last one of the tenant. False when there is none."""
    of_it = (BuriedRow.consumer == consumer, BuriedRow.event_id == event_id)
    forgetting = delete(BuriedRow).where(*of_it).returning(BuriedRow.tenant_id)
    tenant_id = (await session.execute(forgetting)).scalar_one_or_none()
    if tenant_id is None:
        return False
    left = select(BuriedRow.event_id).where(BuriedRow.consumer == consumer, BuriedRow.tenant_id == tenant_id)
    if await session.scalar(left.limit(1)) is None:
        await close_alarms(session, AlarmKind.MESSAGE_BURIED, consumer, tenant_id=tenant_id)
    return True


async def _bury(session: AsyncSession, consumer: str, message: Incoming, error: str) -> None:
    log.error("transport.message_buried", consumer=consumer, event_id=str(message.event_id), error=error)
    values: dict[str, Any] = {
        "consumer": consumer,
        "event_id": message.event_id,
        "tenant_id": message.tenant_id,
        "type": message.type,
        "ordering_key": message.ordering_key,
        "lane": message.lane.value,
        "payload": message.payload,
        "headers": message.headers,
        "error": error,
        "created_at": db_now(),
    }
    row = insert(session, BuriedRow).values(values)
    await session.execute(row.on_conflict_do_nothing(index_elements=["consumer", "event_id"]))
    evidence = {"event_id": str(message.event_id), "type": message.type, "error": error}
    await raise_alarm(session, Alarm(AlarmKind.MESSAGE_BURIED, consumer, evidence, message.tenant_id))


def _incoming(row: BuriedRow) -> Incoming:
    return Incoming(
        event_id=row.event_id,
        type=row.type,
        tenant_id=row.tenant_id,
        ordering_key=row.ordering_key,
        lane=Lane(row.lane),
        payload=row.payload,
        headers=row.headers,
    )
