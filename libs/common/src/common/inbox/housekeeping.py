"""Drop old payloads of finished rows; the ids stay, so that a late repetition is still recognised."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.line import InboxRow, OutboxKeyRow, OutboxRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.observability.health import Heartbeat
from common.pausing import wait

log = structlog.get_logger()

INBOX = table(InboxRow)
OUTBOX = table(OutboxRow)
OUTBOX_KEYS = table(OutboxKeyRow)

KEEP = timedelta(days=30)
EVERY = timedelta(hours=6)
AT_ONCE = 1000
PAUSE_SECONDS = 0.05


async def drop_payloads(
    session: AsyncSession, service: str, keep: timedelta = KEEP, limit: int = AT_ONCE
) -> int:
    """Empty so many rows of the service that ended before the time to keep; returns how many there were."""
    before = select(db_now(-keep.total_seconds())).scalar_subquery()
    received = select(INBOX.c.inbox_id).where(
        INBOX.c.consumer == service, INBOX.c.done_at < before, INBOX.c.payload.is_not(None)
    )
    sent = select(OUTBOX.c.outbox_id).where(
        OUTBOX.c.producer == service, OUTBOX.c.sent_at < before, OUTBOX.c.payload.is_not(None)
    )
    touched = select(OUTBOX_KEYS.c.ordering_key).where(
        OUTBOX_KEYS.c.producer == service, OUTBOX_KEYS.c.touched_at < before
    )
    statements = (
        update(INBOX).where(INBOX.c.inbox_id.in_(received.limit(limit))).values(payload=None),
        update(OUTBOX).where(OUTBOX.c.outbox_id.in_(sent.limit(limit))).values(payload=None),
        delete(OUTBOX_KEYS).where(
            OUTBOX_KEYS.c.producer == service,
            OUTBOX_KEYS.c.touched_at < before,
            OUTBOX_KEYS.c.ordering_key.in_(touched.limit(limit)),
        ),
    )
    return sum(
        [cast(CursorResult[Any], await session.execute(statement)).rowcount for statement in statements]
    )


class Housekeeping:
    """Drops old payloads of one service a few times a day, a little at a time."""

    def __init__(self, db: Database, service: str, keep: timedelta = KEEP, every: timedelta = EVERY) -> None:
        self.name = f"{service}.housekeeping"
        self.heartbeat = Heartbeat(2 * every.total_seconds())
        self._db, self._service, self._keep, self._every = db, service, keep, every

    async def run(self, stop: asyncio.Event) -> None:
        """Tidy up until told to stop."""
        while not stop.is_set():
            self.heartbeat.beat()
            try:
                async with self._db.sessions.of_queues() as session:
                    dropped = await drop_payloads(session, self._service, self._keep)
            except DATABASE_TROUBLE as error:
                log.warning("housekeeping.failed", service=self._service, error=describe(error))
                dropped = 0
            pause = PAUSE_SECONDS if dropped else self._every.total_seconds()
            await wait(stop, pause)
