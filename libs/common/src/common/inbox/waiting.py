"""Frees messages that wait for a connection: one to try after its pause, all in portions once it answers.

What waits holds no time of its own, so an answer wakes it by the one row of the breaker it waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.effects import BreakerRow
from common.db.models.line import InboxKeyRow, InboxRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.stored_words import BreakerState, Lane
from common.pausing import wait_for_any

KEYS = table(InboxKeyRow)
INBOX = table(InboxRow)
LOOK_SECONDS = 1.0
PORTION = 100  # so many of one connection are due at once
SOON_SECONDS = 60.0  # who waits so long at most, for a slot of the rate limit, still belongs to them

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waited:
    """A connection that messages wait for, as its breaker stands; without one it answers."""

    breaker_id: UUID
    tenant_id: UUID
    state: BreakerState | None
    denied_at: datetime | None
    retry_at: datetime | None
    now: datetime

    @property
    def rests(self) -> bool:
        """Whether the connection rests; where the access is gone nobody waits, each is told so."""
        return self.state not in (None, BreakerState.CLOSED) and self.denied_at is None

    @property
    def may_be_tried(self) -> bool:
        """Whether its pause is over, so that one message may find out."""
        return self.retry_at is not None and self.retry_at <= self.now


class Waiting:
    """Looks every second, and at once when told that a connection answered.

    `learn` is called before each look: it brings what other processes found out about connections.
    """

    name = "waiting"

    def __init__(
        self,
        db: Database,
        consumer: str,
        *,
        learn: Callable[[], Awaitable[None]],
        wake: Callable[[], None],
        answered: asyncio.Event,
    ) -> None:
        self._db, self._consumer, self._learn, self._wake = db, consumer, learn, wake
        self._answered = answered

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            self._answered.clear()
            try:
                if await self.run_once():
                    self._wake()
            except DATABASE_TROUBLE as error:
                log.warning("waiting.look_failed", error=describe(error))
            await wait_for_any(stop, self._answered, seconds=LOOK_SECONDS)

    async def run_once(self) -> int:
        """Make due what may go; returns how many messages that were."""
        await self._learn()
        async with self._db.reading.of_queues() as session:
            waited = await self._list_waited(session)
        freed = 0
        for one in waited:
            if one.rests and not one.may_be_tried:
                continue
            async with self._db.sessions.of_queues() as session:
                freed += await self._free(session, one)
        return freed

    async def count(self) -> int:
        """Count the messages that wait for a connection."""
        query = select(func.count()).where(KEYS.c.consumer == self._consumer, KEYS.c.waits_for.is_not(None))
        async with self._db.reading.of_queues() as session:
            return await session.scalar(query) or 0

    async def _list_waited(self, session: AsyncSession) -> list[_Waited]:
        resting = (
            select(KEYS.c.waits_for, KEYS.c.tenant_id)
            .where(KEYS.c.consumer == self._consumer, KEYS.c.waits_for.is_not(None))
            .distinct()
            .subquery()
        )
        query = select(
            resting.c.waits_for,
            resting.c.tenant_id,
            BreakerRow.state,
            BreakerRow.denied_at,
            BreakerRow.retry_at,
            db_now().label("now"),
        ).outerjoin(BreakerRow, BreakerRow.breaker_id == resting.c.waits_for)
        return [
            _Waited(row.waits_for, row.tenant_id, row.state, row.denied_at, row.retry_at, row.now)
            for row in await session.execute(query)
        ]

    async def _free(self, session: AsyncSession, waited: _Waited) -> int:
        """Make the oldest due, live ones before history: as many as fit beside those that are due already.

        Where one is to try it is any: a document that never gets an answer must not be the one each time.
        """
        lanes = (Lane.LIVE, Lane.HISTORY)
        if waited.rests:  # who is due already will try
            if await self._due(session, waited, lanes, 1):
                return 0
            return await self._free_these(session, waited, self._any_one(waited.breaker_id))
        freed = 0
        for lane in lanes:
            room = PORTION - await self._due(session, waited, (lane,), PORTION, SOON_SECONDS)
            if room > 0:
                freed += await self._free_these(session, waited, self._oldest(waited.breaker_id, lane, room))
        return freed

    async def _due(
        self, session: AsyncSession, waited: _Waited, lanes: Sequence[Lane], most: int, within: float = 0.0
    ) -> int:
        due = select(KEYS.c.ordering_key).where(
            KEYS.c.consumer == self._consumer,
            KEYS.c.lane.in_(lanes),
            KEYS.c.tenant_id == waited.tenant_id,
            KEYS.c.due_at <= db_now(within),
        )
        return await session.scalar(select(func.count()).select_from(due.limit(most).subquery())) or 0

    async def _free_these(self, session: AsyncSession, waited: _Waited, keys: ColumnElement[bool]) -> int:
        freeing = (
            update(KEYS)
            .where(
                KEYS.c.consumer == self._consumer,
                KEYS.c.waits_for == waited.breaker_id,
                keys,
            )
            .values(due_at=db_now(), waits_for=None)
            .returning(KEYS.c.ordering_key)
        )
        return len((await session.scalars(freeing)).all())

    def _any_one(self, breaker_id: UUID) -> ColumnElement[bool]:
        mine = (KEYS.c.consumer == self._consumer, KEYS.c.waits_for == breaker_id)
        one = select(KEYS.c.ordering_key).where(*mine).order_by(func.random()).limit(1)
        return KEYS.c.ordering_key == one.scalar_subquery()  # drawn once: a list would be drawn per row

    def _oldest(self, breaker_id: UUID, lane: Lane, most: int) -> ColumnElement[bool]:
        first = (
            select(func.min(INBOX.c.inbox_id))
            .where(
                INBOX.c.consumer == KEYS.c.consumer,
                INBOX.c.ordering_key == KEYS.c.ordering_key,
                INBOX.c.done_at.is_(None),
            )
            .scalar_subquery()
        )
        oldest = (
            select(KEYS.c.ordering_key)
            .where(
                KEYS.c.consumer == self._consumer,
                KEYS.c.waits_for == breaker_id,
                KEYS.c.lane == lane.value,
            )
            .order_by(first)
            .limit(most)
        )
        return KEYS.c.ordering_key.in_(oldest)
