"""Puts released documents in line: oldest first, so many as their connection can use, behind live ones.

A merchant has one books connection in use, so his documents share one portion. What is marked stays marked
until the transaction that puts it in line: whoever dies in between loses nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, row_lock
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import OutcomeRow
from common.db.models.line import InboxKeyRow, InboxRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.stored_words import DocumentStatus, Lane, MessageState
from common.events.topics import INVOICE_WRITER
from common.pausing import every
from invoice_writer.released.candidates import COLUMNS, Candidate
from invoice_writer.released.commands import Requeued, requeue
from invoice_writer.released.marks import PORTIONS, RELEASED

INBOX, KEYS = table(InboxRow), table(InboxKeyRow)
LOOK_SECONDS = 1.0
MINUTE = 60.0
MARKED = (
    RELEASED.c.release_id,
    RELEASED.c.asked_by,
    RELEASED.c.voucher_id,
    RELEASED.c.status.label("marked_status"),
    RELEASED.c.reason.label("marked_reason"),
    OutcomeRow.voucher_id.label("stands_by"),
)

IS_OPEN = (
    INBOX.c.consumer == INVOICE_WRITER,
    INBOX.c.event_id == RELEASED.c.event_id,
    INBOX.c.done_at.is_(None),
    INBOX.c.state == MessageState.READY,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Size:
    """How many released documents of a merchant are in line at most, together what a minute's slots allow."""

    few: int
    many: int

    @classmethod
    def of(cls, rate_per_second: float) -> "Size":
        """Of as many requests as the connection may send in a minute a tenth is for the few."""
        most = max(int(rate_per_second * MINUTE), 1)
        few = max(most // 10, 1)
        return cls(few, max(most - few, 1))


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark that waits for its turn: how its document stood then, and the voucher it has by now."""

    release_id: int
    turn: Requeued
    status: DocumentStatus
    reason: str | None
    stands_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether nothing else was decided; what is to be adopted may stand back for another reason now."""
        document = self.turn.document
        if self.turn.voucher_id is not None:
            return (
                document.status in (DocumentStatus.PARKED, DocumentStatus.WAITING) and self.stands_by is None
            )
        return (document.status, document.reason) == (self.status, self.reason)


class Portions:
    """Looks every second which merchants have released documents; any number of processes may."""

    name = "release-portions"

    def __init__(self, db: Database, wake: Callable[[], None], rate_per_second: float) -> None:
        self._db, self._wake, self._size = db, wake, Size.of(rate_per_second)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(LOOK_SECONDS, stop):
            try:
                if await self.run_once():
                    self._wake()
            except DATABASE_TROUBLE as error:
                log.warning("release_portions.look_failed", error=describe(error))

    async def run_once(self) -> int:
        """Put in line what has its turn. Returns how many marks were used."""
        any_of = exists().where(RELEASED.c.tenant_id == PORTIONS.c.tenant_id)
        async with self._db.reading.of_queues() as session:
            tenants = (await session.scalars(select(PORTIONS.c.tenant_id).where(any_of))).all()
        used = 0
        for tenant_id in tenants:
            async with self._db.sessions.of(tenant_id) as session:
                used += await self._fill(session, tenant_id)
        return used

    async def _fill(self, session: AsyncSession, tenant_id: UUID) -> int:
        """Put in line the few at once, others when the portion before is used up and its minute is over."""
        portion = (await session.execute(_locked(session, tenant_id))).one_or_none()
        if portion is None:  # another process does it
            return 0
        await session.execute(_dropping_used_up(tenant_id))
        in_line = {Lane(lane): count for lane, count in await session.execute(_in_line(tenant_id))}
        used = await self._fill_few(session, tenant_id, in_line.get(Lane.LIVE, 0))
        is_over = (portion.now - portion.began_at).total_seconds() >= MINUTE
        size = 0 if is_over and not in_line.get(Lane.HISTORY) else portion.size
        if size >= self._size.many:
            return used
        marks = await _list_marks(session, _waiting(tenant_id, self._size.many - size))
        if put := await _put(session, marks, Lane.HISTORY):
            began_at = db_now() if size == 0 else PORTIONS.c.began_at
            changing = update(PORTIONS).where(PORTIONS.c.tenant_id == tenant_id)
            await session.execute(changing.values(size=size + put, began_at=began_at))
        return used + len(marks)

    async def _fill_few(self, session: AsyncSession, tenant_id: UUID, in_line: int) -> int:
        """Put the few into the live lane, where no more wait than may be there, and not behind a backfill."""
        few = _waiting(tenant_id, self._size.few + 1).where(RELEASED.c.is_few)
        marks = await _list_marks(session, few)
        if len(marks) + in_line > self._size.few:
            return 0
        await _put(session, marks, Lane.LIVE)
        return len(marks)


async def _put(session: AsyncSession, marks: Sequence[_Mark], lane: Lane) -> int:
    """Put in line what still stands as it did when it was released. Returns how many that were."""
    still = [one for one in marks if one.is_open]
    moot = {one.release_id for one in marks} - {one.release_id for one in still}
    if moot:
        await session.execute(delete(RELEASED).where(RELEASED.c.release_id.in_(moot)))
    if still:
        messages = await requeue(session, [one.turn for one in still], lane=lane)
        sent = [
            {"mark": one.release_id, "message": message.event_id}
            for one, message in zip(still, messages, strict=True)
        ]
        goes = update(RELEASED).where(RELEASED.c.release_id == bindparam("mark"))
        await session.execute(goes.values(event_id=bindparam("message")), sent)
    return len(still)


async def _list_marks(session: AsyncSession, query: Select[Any]) -> list[_Mark]:
    return [
        _Mark(
            release_id=row.release_id,
            turn=Requeued(Candidate.from_row(row), row.asked_by, row.voucher_id),
            status=row.marked_status,
            reason=row.marked_reason,
            stands_by=row.stands_by,
        )
        for row in await session.execute(query)
    ]


def _locked(session: AsyncSession, tenant_id: UUID) -> Select[Any]:
    return (
        select(PORTIONS.c.size, PORTIONS.c.began_at, db_now().label("now"))
        .where(PORTIONS.c.tenant_id == tenant_id)
        .with_for_update(**row_lock(session))
    )


def _waiting(tenant_id: UUID, most: int) -> Select[Any]:
    """The oldest documents that wait for their turn; of one moment invoices before what corrects them."""
    return (
        select(*COLUMNS, *MARKED)
        .join(RELEASED, RELEASED.c.document_id == OutcomeRow.document_id)
        .where(RELEASED.c.tenant_id == tenant_id, RELEASED.c.event_id.is_(None))
        .order_by(RELEASED.c.first_seen_at, OutcomeRow.type.desc(), RELEASED.c.document_id)
        .limit(most)
    )


def _dropping_used_up(tenant_id: UUID) -> Any:
    """Forget what was decided, or died: a person sees to that."""
    return delete(RELEASED).where(
        RELEASED.c.tenant_id == tenant_id,
        RELEASED.c.event_id.is_not(None),
        ~exists().where(*IS_OPEN),
    )


def _in_line(tenant_id: UUID) -> Select[Any]:
    """How many of a portion are still to be worked, per lane.

    What is next tried after more than a minute, or stands behind a dead letter, holds nobody up.
    """
    is_next = or_(
        KEYS.c.lease_token.is_not(None), KEYS.c.waits_for.is_not(None), KEYS.c.due_at <= db_now(MINUTE)
    )
    its_key = and_(KEYS.c.consumer == INBOX.c.consumer, KEYS.c.ordering_key == INBOX.c.ordering_key)
    return (
        select(INBOX.c.lane, func.count())
        .select_from(RELEASED)
        .join(INBOX, and_(*IS_OPEN))
        .join(KEYS, its_key)
        .where(RELEASED.c.tenant_id == tenant_id, RELEASED.c.event_id.is_not(None), is_next)
        .group_by(INBOX.c.lane)
    )
