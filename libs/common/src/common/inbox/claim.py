"""The statements by which workers share an inbox: claim keys fairly, renew, give back.

The unit of work is a key, so no two workers ever hold messages of one key, and messages behind a key's
head cost nothing. Tenants take turns, the one served longest ago first; a claim locks the turns it uses.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Update, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, first_of_each, row_lock
from common.db.models.base import table
from common.db.models.line import InboxKeyRow, InboxRow, InboxTurnRow
from common.domain.stored_words import Lane
from common.inbox.messages import RawMessage
from common.transport.large import whole

INBOX = table(InboxRow)
KEYS = table(InboxKeyRow)
TURNS = table(InboxTurnRow)

HELD_SECONDS = (
    5.0  # then a key is looked at again whose messages wait for a predecessor; its arrival is quicker
)


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """How much to take under which lease; history gets its quota first, then live, then history again."""

    consumer: str
    limit: int
    history_quota: int
    token: UUID
    lease_seconds: float
    halted: frozenset[UUID] = frozenset()  # tenants whose messages are left alone


async def claim(session: AsyncSession, wanted: ClaimRequest) -> list[RawMessage]:
    """Lease the next keys and return the oldest open message of each.

    What was taken from the lane of history gives way to what was not.
    """
    quota = min(wanted.history_quota, wanted.limit)
    keys = await _claim_lane(session, wanted, Lane.HISTORY, quota) if quota else []
    history_has_more = len(keys) == quota
    live: list[str] = []
    if len(keys) < wanted.limit:
        live = await _claim_lane(session, wanted, Lane.LIVE, wanted.limit - len(keys))
        keys += live
    if len(keys) < wanted.limit and history_has_more:
        keys += await _claim_lane(session, wanted, Lane.HISTORY, wanted.limit - len(keys))
    heads = await _heads(session, wanted.consumer, keys) if keys else []
    if held := set(keys) - {head.ordering_key for head in heads}:
        hold = _of(wanted.consumer, held)
        await session.execute(hold.values(due_at=db_now(HELD_SECONDS), lease_token=None, held_since=db_now()))
    return [replace(await _whole(session, head), gives_way=head.ordering_key not in live) for head in heads]


async def next_due_within(
    session: AsyncSession, consumer: str, seconds: float, halted: Collection[UUID] = ()
) -> bool:
    """Whether a key becomes due in this time, those of halted tenants aside."""
    is_due = exists().where(KEYS.c.consumer == consumer, KEYS.c.due_at <= db_now(seconds))
    query = select(is_due.where(KEYS.c.tenant_id.not_in(halted)) if halted else is_due)
    return bool(await session.scalar(query))


async def renew(
    session: AsyncSession, consumer: str, keys: Collection[str], token: UUID, seconds: float
) -> set[str]:
    """Move the end of the leases; keys missing in the answer belong to somebody else by now."""
    kept = await lock_leased(session, consumer, dict.fromkeys(keys, token))
    if kept:
        await session.execute(_of(consumer, kept).values(due_at=db_now(seconds)))
    return kept


async def release(session: AsyncSession, consumer: str, keys: Collection[str], token: UUID) -> None:
    """Give leased keys back untouched; anybody may claim them at once."""
    kept = await lock_leased(session, consumer, dict.fromkeys(keys, token))
    if kept:
        await session.execute(_of(consumer, kept).values(due_at=db_now(), lease_token=None))


async def lock_leased(session: AsyncSession, consumer: str, tokens: dict[str, UUID]) -> set[str]:
    """Lock the keys that are still leased under their token, until the transaction ends, and return them."""
    query = (
        select(KEYS.c.ordering_key, KEYS.c.lease_token)
        .where(KEYS.c.consumer == consumer, KEYS.c.ordering_key.in_(list(tokens)))
        .order_by(KEYS.c.ordering_key)
        .with_for_update()
    )
    rows = await session.execute(query)
    return {key for key, token in rows if token == tokens[key]}


async def _claim_lane(session: AsyncSession, wanted: ClaimRequest, lane: Lane, limit: int) -> list[str]:
    tenants = await _take_turns(session, wanted, lane, limit)
    if not tenants:
        return []
    due = first_of_each(
        session,
        select(KEYS.c.ordering_key)
        .where(KEYS.c.consumer == wanted.consumer, KEYS.c.lane == lane.value, _is_due())
        .with_for_update(**row_lock(session)),
        group=KEYS.c.tenant_id,
        values=tenants,
        order=KEYS.c.due_at,
        limit=math.ceil(limit / len(tenants)),  # the same for each: a backlog takes no more than a short line
    )
    lease = (
        update(KEYS)
        .where(KEYS.c.consumer == wanted.consumer, KEYS.c.ordering_key.in_(due))
        .values(lease_token=wanted.token, due_at=db_now(wanted.lease_seconds), held_since=None)
        .returning(KEYS.c.ordering_key)
    )
    keys = list((await session.scalars(lease)).all())
    served = update(TURNS).where(
        TURNS.c.consumer == wanted.consumer, TURNS.c.lane == lane.value, TURNS.c.tenant_id.in_(tenants)
    )
    await session.execute(served.values(served_at=db_now()))
    return keys


async def _take_turns(session: AsyncSession, wanted: ClaimRequest, lane: Lane, limit: int) -> Sequence[UUID]:
    """Lock the turns of tenants with something due, longest unserved first, so that two claims never meet."""
    has_due = exists().where(
        KEYS.c.consumer == wanted.consumer,
        KEYS.c.lane == lane.value,
        KEYS.c.tenant_id == TURNS.c.tenant_id,
        _is_due(),
    )
    query = (
        select(TURNS.c.tenant_id)
        .where(TURNS.c.consumer == wanted.consumer, TURNS.c.lane == lane.value, has_due)
        .order_by(TURNS.c.served_at)
        .limit(limit)
        .with_for_update(**row_lock(session))
    )
    if wanted.halted:
        query = query.where(TURNS.c.tenant_id.not_in(wanted.halted))
    return (await session.scalars(query)).all()


async def _heads(session: AsyncSession, consumer: str, keys: list[str]) -> list[RawMessage]:
    older, before = INBOX.alias("older"), INBOX.alias("before")
    is_over = exists().where(
        before.c.consumer == older.c.consumer,
        before.c.event_id == older.c.predecessor,
        before.c.done_at.is_not(None),
    )
    head = (
        select(older.c.inbox_id)
        .where(
            older.c.consumer == KEYS.c.consumer,
            older.c.ordering_key == KEYS.c.ordering_key,
            older.c.done_at.is_(None),
            or_(older.c.predecessor.is_(None), older.c.given_up_at.is_not(None), is_over),
        )
        .order_by(older.c.inbox_id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            INBOX.c.inbox_id,
            INBOX.c.event_id,
            INBOX.c.type,
            INBOX.c.tenant_id,
            INBOX.c.ordering_key,
            INBOX.c.lane,
            INBOX.c.attempts,
            INBOX.c.failures,
            INBOX.c.payload,
            INBOX.c.headers,
        )
        .select_from(KEYS)
        .join(INBOX, INBOX.c.inbox_id == head)
        .where(KEYS.c.consumer == consumer, KEYS.c.ordering_key.in_(keys))
        .order_by(INBOX.c.inbox_id)
    )
    rows = await session.execute(query)
    return [_message(row) for row in rows]


async def _whole(session: AsyncSession, message: RawMessage) -> RawMessage:
    payload = await whole(session, message.tenant_id, message.payload, message.headers)
    return message if payload is message.payload else replace(message, payload=payload)


def _message(row: Row[Any]) -> RawMessage:
    fields = dict(row._mapping)
    return RawMessage(**{**fields, "lane": row.lane, "payload": row.payload or b""})


def _is_due() -> Any:
    # A subquery is read once per statement; the bare clock function could not use the index.
    return KEYS.c.due_at <= select(db_now()).scalar_subquery()


def _of(consumer: str, keys: Collection[str]) -> Update:
    return update(KEYS).where(KEYS.c.consumer == consumer, KEYS.c.ordering_key.in_(keys))
