"""The statements by which relays share an outbox: lease slots that hold unsent rows, read them, mark them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, row_lock
from common.db.models.base import table
from common.db.models.line import OutboxRow, RelaySlotRow
from common.outbox.record import SLOTS
from common.transport.base import Outgoing

OUTBOX = table(OutboxRow)
LEASES = table(RelaySlotRow)


async def create_slots(session: AsyncSession, producer: str) -> None:
    """Make sure that every slot of the producer can be leased."""
    statement = insert(session, LEASES).values(producer=producer).on_conflict_do_nothing()
    await session.execute(statement, [{"slot": slot} for slot in range(SLOTS)])


async def lease_slots(
    session: AsyncSession, producer: str, token: UUID, *, most: int, seconds: float, first: int = 0
) -> list[int]:
    """Lease free slots that have something to publish, going round from `first`.

    A slot whose lease ended counts as free, and comes last.
    """
    now = select(db_now()).scalar_subquery()
    to_publish = _publishable(producer).where(OUTBOX.c.slot == LEASES.c.slot).exists()
    free = or_(LEASES.c.lease_until.is_(None), LEASES.c.lease_until <= now)
    query = (
        select(LEASES.c.slot)
        .where(LEASES.c.producer == producer, free, to_publish)
        .order_by(LEASES.c.lease_until.is_not(None), (LEASES.c.slot + (SLOTS - first)) % SLOTS)
        .limit(most)
        .with_for_update(of=LEASES, **row_lock(session))
    )
    slots = list((await session.scalars(query)).all())
    if slots:
        mine = update(LEASES).where(LEASES.c.producer == producer, LEASES.c.slot.in_(slots))
        await session.execute(mine.values(lease_token=token, lease_until=db_now(seconds)))
    return slots


async def read_unsent(
    session: AsyncSession, producer: str, slots: Sequence[int], limit: int
) -> list[Outgoing]:
    """Read the oldest rows to publish of these slots, in the order they were recorded."""
    query = (
        _publishable(producer)
        .with_only_columns(
            OUTBOX.c.outbox_id,
            OUTBOX.c.event_id,
            OUTBOX.c.predecessor,
            OUTBOX.c.type,
            OUTBOX.c.topic,
            OUTBOX.c.tenant_id,
            OUTBOX.c.ordering_key,
            OUTBOX.c.lane,
            OUTBOX.c.payload,
            OUTBOX.c.headers,
            OUTBOX.c.retry_at.is_not(None).label("refused_before"),
        )
        .where(OUTBOX.c.slot.in_(slots))
        .order_by(OUTBOX.c.outbox_id)
        .limit(limit)
    )
    return [_outgoing(row) for row in await session.execute(query)]


async def mark_sent(session: AsyncSession, outbox_ids: Sequence[int]) -> list[float]:
    """Note the acknowledgement and return how long each row took; needs no lease, the rows are out."""
    statement = (
        update(OUTBOX)
        .where(OUTBOX.c.outbox_id.in_(outbox_ids))
        .values(sent_at=db_now(), retry_at=None, last_error=None)
        .returning(OUTBOX.c.created_at, OUTBOX.c.sent_at)
    )
    return [
        (sent_at - created_at).total_seconds() for created_at, sent_at in await session.execute(statement)
    ]


async def mark_refused(session: AsyncSession, refused: Mapping[int, str], retry_seconds: float) -> None:
    """Keep the reason on the rows; they and the later ones of their topic and key wait for the next try."""
    for outbox_id, reason in refused.items():
        await session.execute(
            update(OUTBOX)
            .where(OUTBOX.c.outbox_id == outbox_id)
            .values(retry_at=db_now(retry_seconds), last_error=reason)
        )


async def release_slots(session: AsyncSession, producer: str, slots: Sequence[int], token: UUID) -> None:
    """Give back the slots that are still leased under this token."""
    await session.execute(
        update(LEASES)
        .where(LEASES.c.producer == producer, LEASES.c.slot.in_(slots), LEASES.c.lease_token == token)
        .values(lease_token=None, lease_until=None)
    )


def _publishable(producer: str) -> Any:
    """Unsent rows whose topic and key are not held back by a row that the transport refused a while ago."""
    refused = OUTBOX.alias("refused")
    held_back = exists().where(
        refused.c.producer == OUTBOX.c.producer,
        refused.c.ordering_key == OUTBOX.c.ordering_key,
        refused.c.topic == OUTBOX.c.topic,
        refused.c.retry_at > select(db_now()).scalar_subquery(),
    )
    return select(OUTBOX.c.outbox_id).where(
        OUTBOX.c.producer == producer, OUTBOX.c.sent_at.is_(None), ~held_back
    )


def _outgoing(row: Row[Any]) -> Outgoing:
    fields = dict(row._mapping)
    return Outgoing(**{**fields, "lane": row.lane})
