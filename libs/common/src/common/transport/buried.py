"""Messages that no inbox can hold: put aside so that the others arrive, and read again by every new start."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.line import NO_INBOX_ROW, BuriedRow, DeadLetterRow
from common.db.trouble import describe, is_trouble
from common.domain.alarms import AlarmKind
from common.domain.cleaning import storable
from common.domain.stored_words import DeadLetterState
from common.observability import metrics
from common.transport.base import Accept, Incoming, OnBuried

log = structlog.get_logger()


async def keep(
    db: Database, accept: Accept, consumer: str, messages: Sequence[Incoming]
) -> dict[UUID, Exception]:
    """Put the messages into the inbox; when they do not fit together, one by one.

    Returns those that do not fit by themselves, which is our fault. Raises what trying again may cure.
    """
    try:
        async with db.sessions.of_tenants(message.tenant_id for message in messages) as session:
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


async def keep_or_bury(
    db: Database,
    accept: Accept,
    consumer: str,
    messages: Sequence[Incoming],
    on_buried: OnBuried | None = None,
) -> None:
    """Keep as `keep` does; bury what does not fit, with an alarm, as a dead letter for a person to replay."""
    misfits = await keep(db, accept, consumer, messages)
    for message in messages:
        if error := misfits.get(message.event_id):
            await _bury(db, consumer, message, error, on_buried)
            metrics.TRANSPORT_BURIED.labels(consumer, message.type).inc()


async def read_again(db: Database, accept: Accept, consumer: str) -> None:
    """Try what is buried once more: this release may be able to hold it."""
    async with db.reading.of_queues() as session:
        rows = (await session.scalars(select(BuriedRow).where(BuriedRow.consumer == consumer))).all()
    for row in rows:
        if not await keep(db, accept, consumer, [_incoming(row)]):
            async with db.sessions.of(row.tenant_id) as session:
                await _forget(session, consumer, row.event_id, DeadLetterState.REPLAYED)


async def dig_up(session: AsyncSession, accept: Accept, consumer: str, event_id: UUID) -> bool:
    """Put a buried message into the inbox; False when there is none. Raises when it still does not fit."""
    row = await session.get(BuriedRow, (consumer, event_id))
    if row is None:
        return False
    await accept(session, consumer, [_incoming(row)])
    return await _forget(session, consumer, event_id, DeadLetterState.REPLAYED)


async def give_up(session: AsyncSession, consumer: str, event_id: UUID) -> bool:
    """Forget a buried message; its alarm closes with the last one of the tenant. False when there is none."""
    return await _forget(session, consumer, event_id, DeadLetterState.DISCARDED)


async def _forget(session: AsyncSession, consumer: str, event_id: UUID, state: str) -> bool:
    of_it = (BuriedRow.consumer == consumer, BuriedRow.event_id == event_id)
    forgetting = delete(BuriedRow).where(*of_it).returning(BuriedRow.tenant_id)
    tenant_id = (await session.execute(forgetting)).scalar_one_or_none()
    if tenant_id is None:
        return False
    letter = update(DeadLetterRow).where(
        DeadLetterRow.consumer == consumer,
        DeadLetterRow.event_id == event_id,
        DeadLetterRow.inbox_id == NO_INBOX_ROW,
        DeadLetterRow.state == DeadLetterState.KEPT,
    )
    await session.execute(letter.values(state=state, closed_at=db_now()))
    left = select(BuriedRow.event_id).where(BuriedRow.consumer == consumer, BuriedRow.tenant_id == tenant_id)
    if await session.scalar(left.limit(1)) is None:
        await close_alarms(session, AlarmKind.MESSAGE_BURIED, consumer, tenant_id=tenant_id)
    return True


async def _bury(
    db: Database, consumer: str, message: Incoming, error: Exception, on_buried: OnBuried | None
) -> None:
    said = describe(error)
    log.error("transport.message_buried", consumer=consumer, event_id=str(message.event_id), error=said)
    for hook in (on_buried, None):
        try:
            async with db.sessions.of(message.tenant_id) as session:
                if await _put_aside(session, consumer, message, said) and hook is not None:
                    await hook(session, message, error)
            return
        except Exception as trouble:
            if hook is None or is_trouble(trouble):
                raise
            # the letter matters more than what the service does about it
            log.exception("transport.on_buried_failed", consumer=consumer, error=describe(trouble))


async def _put_aside(session: AsyncSession, consumer: str, message: Incoming, error: str) -> bool:
    """Keep it where no index is, with its letter and its alarm; False when it is there already."""
    named: dict[str, Any] = {
        "consumer": consumer,
        "event_id": message.event_id,
        "tenant_id": message.tenant_id,
        "type": storable(message.type),
        "ordering_key": storable(message.ordering_key),
        "error": error,
        "created_at": db_now(),
    }
    headers = {storable(name): storable(value) for name, value in message.headers.items()}
    kept = {"lane": message.lane.value, "payload": message.payload, "headers": headers}
    burying = insert(session, BuriedRow).values(**named, **kept)
    burying = burying.on_conflict_do_nothing(index_elements=["consumer", "event_id"])
    if await session.scalar(burying.returning(BuriedRow.event_id)) is None:
        return False
    letter = {
        "dead_letter_id": uuid4(),
        "inbox_id": NO_INBOX_ROW,
        "attempts": 1,
        "state": DeadLetterState.KEPT,
    }
    await session.execute(insert(session, DeadLetterRow).values(**named, **letter))
    evidence = {"event_id": str(message.event_id), "type": storable(message.type), "error": error}
    await raise_alarm(session, Alarm(AlarmKind.MESSAGE_BURIED, consumer, evidence, message.tenant_id))
    return True


def _incoming(row: BuriedRow) -> Incoming:
    return Incoming(
        event_id=row.event_id,
        type=row.type,
        tenant_id=row.tenant_id,
        ordering_key=row.ordering_key,
        lane=row.lane,
        payload=row.payload,
        headers=row.headers,
    )
