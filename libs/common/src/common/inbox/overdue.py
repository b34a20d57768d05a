"""Messages that have waited too long are told of, with what they wait for, and their documents show it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, renew_alarm
from common.db.dialect import db_now, row_lock
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.effects import AlarmRow
from common.db.models.line import InboxKeyRow, InboxRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.domain.stored_words import Lane, MessageState
from common.http.errors import RateLimitWait
from common.pausing import every

log = structlog.get_logger(__name__)

INBOX, KEYS = table(InboxRow), table(InboxKeyRow)
KIND = AlarmKind.WORK_DELAYED
LOOK_SECONDS, SHOWN_AFTER_SECONDS = 60.0, 3600.0
AT_ONCE = 500  # documents that are shown by one look
NOTHING_SAID = "not_begun"


@dataclass(frozen=True, slots=True)
class OverdueMessage:
    """A message that is late, as whoever shows its document needs it."""

    tenant_id: UUID
    type: str
    payload: bytes
    headers: Mapping[str, str]
    received_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class _Late:
    """Where a late message is found."""

    inbox_id: int
    tenant_id: UUID
    ordering_key: str


@dataclass(frozen=True, slots=True)
class _Count:
    """How many messages of a tenant are late for the same cause, and since when."""

    tenant_id: UUID
    last_error: str | None
    messages: int
    since: datetime


OnOverdue = Callable[[AsyncSession, OverdueMessage], Awaitable[None]]


class OverdueWatch:
    """Looks once a minute; per merchant and consumer one alarm is open while messages are late.

    Late is what came an hour ago and is live or was tried. A backfill waits its turn as long as that takes.
    `show` is called for each late message while nobody works on its key.
    """

    def __init__(
        self,
        db: Database,
        consumer: str,
        show: OnOverdue | None = None,
        *,
        shown_after: float = SHOWN_AFTER_SECONDS,
    ) -> None:
        self.name = f"{consumer}.overdue"
        self._db, self._consumer, self._show, self._shown_after = db, consumer, show, shown_after
        self._shown_up_to = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(LOOK_SECONDS, stop):
            try:
                await self.run_once()
            except DATABASE_TROUBLE as error:
                log.warning("overdue.look_failed", consumer=self._consumer, error=describe(error))

    async def run_once(self) -> None:
        """Raise, renew and close what there is to, and show what is late, a part at a time."""
        async with self._db.reading.of_queues() as session:
            counts = await self._list_counts(session)
            opened = set(await session.scalars(self._opened()))
            late = await self._list_late(session) if counts and self._show else []
        if counts or opened:
            async with self._db.sessions.of_tenants(
                {*(count.tenant_id for count in counts), *opened} - {None}
            ) as session:
                await self._tell(session, counts, opened)
        self._shown_up_to = late[-1].inbox_id if len(late) == AT_ONCE else 0
        for one in late:
            await self._show_document(one)

    async def _tell(self, session: AsyncSession, counts: Sequence[_Count], opened: set[UUID | None]) -> None:
        by_tenant: defaultdict[UUID, list[_Count]] = defaultdict(list)
        for count in counts:
            by_tenant[count.tenant_id].append(count)
        for tenant_id, of_tenant in sorted(by_tenant.items()):
            await renew_alarm(session, Alarm(KIND, self._consumer, _evidence(of_tenant), tenant_id))
        for gone in opened - by_tenant.keys():
            await close_alarms(session, KIND, self._consumer, tenant_id=gone)

    async def _show_document(self, late: _Late) -> None:
        """Show it only while nobody works on the key: whoever does records how the document stands."""
        assert self._show is not None
        free = select(KEYS.c.ordering_key).where(
            KEYS.c.consumer == self._consumer,
            KEYS.c.ordering_key == late.ordering_key,
            KEYS.c.lease_token.is_(None),
        )
        whole = select(INBOX).where(INBOX.c.inbox_id == late.inbox_id, *self._is_late())
        async with self._db.sessions.of(late.tenant_id) as session:
            if await session.scalar(free.with_for_update(**row_lock(session))) is None:
                return
            row = (await session.execute(whole)).one_or_none()
            if row is not None:
                message = OverdueMessage(
                    tenant_id=row.tenant_id,
                    type=row.type,
                    payload=row.payload or b"",
                    headers=row.headers,
                    received_at=row.received_at,
                    last_error=row.last_error,
                )
                await self._show(session, message)

    async def _list_counts(self, session: AsyncSession) -> list[_Count]:
        columns = (INBOX.c.tenant_id, INBOX.c.last_error)
        counted = (func.count().label("messages"), func.min(INBOX.c.received_at).label("since"))
        query = select(*columns, *counted).where(*self._is_late()).group_by(*columns)
        return [
            _Count(row.tenant_id, row.last_error, row.messages, row.since)
            for row in await session.execute(query)
        ]

    async def _list_late(self, session: AsyncSession) -> list[_Late]:
        rest = INBOX.c.inbox_id > self._shown_up_to
        query = select(INBOX.c.inbox_id, INBOX.c.tenant_id, INBOX.c.ordering_key).where(
            *self._is_late(), rest
        )
        rows = await session.execute(query.order_by(INBOX.c.inbox_id).limit(AT_ONCE))
        return [_Late(row.inbox_id, row.tenant_id, row.ordering_key) for row in rows]

    def _opened(self) -> Any:
        return select(AlarmRow.tenant_id).where(
            AlarmRow.kind == KIND.value, AlarmRow.subject == self._consumer, AlarmRow.closed_at.is_(None)
        )

    def _is_late(self) -> tuple[ColumnElement[bool], ...]:
        was_tried = and_(
            INBOX.c.last_error.is_not(None),
            ~INBOX.c.last_error.startswith(RateLimitWait.code, autoescape=True),
        )
        return (
            INBOX.c.consumer == self._consumer,
            INBOX.c.done_at.is_(None),
            INBOX.c.state == MessageState.READY,
            INBOX.c.received_at <= select(db_now(-self._shown_after)).scalar_subquery(),
            or_(INBOX.c.lane == Lane.LIVE.value, was_tried),
        )


def _evidence(counts: Sequence[_Count]) -> Mapping[str, Any]:
    said: defaultdict[str, int] = defaultdict(int)
    for count in counts:
        said[(count.last_error or NOTHING_SAID).partition(":")[0]] += count.messages
    since = min(count.since for count in counts).isoformat()
    return {"messages": sum(said.values()), "since": since, "said": dict(sorted(said.items()))}
