"""When too many messages die: one merchant's data halt that merchant, those of several halt the worker."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import DeadLetterState
from common.observability.health import NotReady
from common.pausing import Seldom

LETTERS = table(DeadLetterRow)
LOOK_SECONDS = 5.0
HOUR_SECONDS = 3600.0
TENANT, WORKER = AlarmKind.TENANT_HALTED, AlarmKind.WORKER_HALTED


class DeadLetterLimitReached(NotReady):
    """Messages of several merchants died within an hour: the release is to blame; a restart goes on."""


class DeadLetterLimit:
    """Counts what died within the last hour since this process began, in all processes of the consumer."""

    def __init__(self, db: Database, consumer: str, limit: int) -> None:
        self._db, self._consumer, self._most = db, consumer, limit
        self._since: datetime | None = None
        self._looks = Seldom(LOOK_SECONDS)
        self._counts: Mapping[UUID, int] = {}

    def look_again(self) -> None:
        """Count anew at the next question instead of after a while."""
        self._looks.again()

    async def reached(self) -> bool:
        """Count anew when it is time. Returns whether to halt for everybody, not only for those `halted`."""
        if self._looks.is_due():
            async with self._db.reading.of_queues() as session:
                self._since = self._since or await session.scalar(select(db_now()))
                self._counts = await _count_kept(session, self._consumer, self._since)
                in_an_hour = await _count_kept(session, self._consumer, None)
                opened = await _open_alarms(session, self._consumer)
            if self._over(in_an_hour) or _is_widespread(in_an_hour, self._most) or opened:
                async with self._db.sessions.of_tenants(
                    {*self._over(in_an_hour), *opened} - {None}
                ) as session:
                    await self._tell(session, in_an_hour, opened)
            self._looks.done()
        return _is_widespread(self._counts, self._most)

    @property
    def halted(self) -> frozenset[UUID]:
        """The merchants whose messages are left alone until fewer of their dead letters are open."""
        return frozenset(self._over(self._counts))

    def raise_if_reached(self) -> None:
        """Raise `DeadLetterLimitReached` when the last count was that of several merchants."""
        if _is_widespread(self._counts, self._most):
            count = sum(self._counts.values())
            raise DeadLetterLimitReached(f"{count} messages of {self._consumer} died within an hour")

    def _over(self, counts: Mapping[UUID, int]) -> dict[UUID, int]:
        return {tenant_id: count for tenant_id, count in counts.items() if count > self._most}

    async def _tell(
        self, session: AsyncSession, counts: Mapping[UUID, int], opened: set[UUID | None]
    ) -> None:
        """Raise the alarms of what is over the limit, close those of what is not over it any more."""
        over = self._over(counts)
        for tenant_id, count in over.items():
            evidence = {"consumer": self._consumer, "dead_letters": count}
            await raise_alarm(session, Alarm(TENANT, self._consumer, evidence, tenant_id))
        for gone in opened - {None} - over.keys():
            await close_alarms(session, TENANT, self._consumer, tenant_id=gone)
        if _is_widespread(counts, self._most):
            evidence = {"dead_letters": sum(counts.values()), "merchants": len(counts)}
            await raise_alarm(session, Alarm(WORKER, self._consumer, evidence))
        elif None in opened:
            await close_alarms(session, WORKER, self._consumer)


def _is_widespread(counts: Mapping[UUID, int], most: int) -> bool:
    """Whether more died than allowed even without the merchant who is hit worst."""
    return sum(counts.values()) - max(counts.values(), default=0) > most


async def _count_kept(session: AsyncSession, consumer: str, since: datetime | None) -> dict[UUID, int]:
    query = select(LETTERS.c.tenant_id, func.count()).where(
        LETTERS.c.consumer == consumer,
        LETTERS.c.state == DeadLetterState.KEPT,
        LETTERS.c.created_at > select(db_now(-HOUR_SECONDS)).scalar_subquery(),
    )
    if since is not None:
        query = query.where(LETTERS.c.created_at >= since)
    rows = await session.execute(query.group_by(LETTERS.c.tenant_id))
    return {tenant_id: int(count) for tenant_id, count in rows}


async def _open_alarms(session: AsyncSession, consumer: str) -> set[UUID | None]:
    query = select(AlarmRow.tenant_id).where(
        AlarmRow.kind.in_((TENANT.value, WORKER.value)),
        AlarmRow.subject == consumer,
        AlarmRow.closed_at.is_(None),
    )
    return set((await session.scalars(query)).all())
