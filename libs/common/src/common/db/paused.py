"""Takes the locks away from a process of ours that stands still in the middle of a transaction."""

import asyncio

import structlog
from sqlalchemy import text

from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.pausing import every

log = structlog.get_logger()

# PostgreSQL's own timeout for idle transactions does not run between preparing and executing a statement.
END_PAUSED = text(
    """
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE datname = current_database()
      AND usename = current_user
      AND application_name = current_setting('application_name')
      AND pid <> pg_backend_pid()
      AND xact_start IS NOT NULL
      AND wait_event = 'ClientRead'
      AND state_change < clock_timestamp() - make_interval(secs => CAST(:seconds AS double precision))
    """
)


class PausedSessions:
    """Ends transactions of this database role whose process was not heard of for so long; PostgreSQL only."""

    name = "paused-sessions"

    def __init__(self, db: Database, seconds: float) -> None:
        self._db, self._seconds = db, seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(self._seconds / 2, stop):
            try:
                ended = await self.end()
            except DATABASE_TROUBLE as error:
                log.warning("db.paused_look_failed", error=describe(error))
            else:
                if ended:
                    log.warning("db.paused_sessions_ended", count=ended)

    async def end(self) -> int:
        """End such sessions now; returns how many there were."""
        async with self._db.reading.of_nobody() as session:
            return len((await session.execute(END_PAUSED, {"seconds": self._seconds})).all())
