"""Forgets answers to old Idempotency-Keys, so that their table does not grow for ever."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import delete

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.core import IdempotencyRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.pausing import every

KEPT = timedelta(days=7)
EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Housekeeper:
    """Looks once an hour; several replicas do no harm."""

    name = "api.housekeeping"

    def __init__(self, db: Database, kept: timedelta = KEPT, every: timedelta = EVERY) -> None:
        self._db, self._kept, self._every = db, kept, every

    async def run(self, stop: asyncio.Event) -> None:
        """Forget until told to stop; a database that does not answer is asked again at the next turn."""
        async for _ in every(self._every.total_seconds(), stop):
            try:
                await self.forget()
            except DATABASE_TROUBLE as trouble:
                log.warning("api.housekeeping_failed", error=describe(trouble))

    async def forget(self) -> int:
        """Forget answers older than their time. Returns how many there were."""
        old = IdempotencyRow.created_at < db_now(-self._kept.total_seconds())
        async with self._db.sessions.of_nobody() as session:
            gone = await session.scalars(delete(IdempotencyRow).where(old).returning(IdempotencyRow.key))
            return len(gone.all())
