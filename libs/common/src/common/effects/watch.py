"""Watches the clocks that decide when a write is given up, and lets this process know of open attempts."""

import asyncio

import structlog
from sqlalchemy import select

from common.db.alarms import Alarm, close_alarms_where, raise_alarm
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.effects import AlarmRow, AttemptRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.domain.stored_words import AttemptState
from common.effects.witness import Witness
from common.pausing import every
from common.settings import EffectSettings

log = structlog.get_logger(__name__)

CLOCKS = "database clock"
STEP_SECONDS = 2.0  # no clock that is only slewed moves so far in a minute
APART_SECONDS = 60.0
SLOW_SECONDS = 0.5  # a look that took longer says too little about the moment it was answered


class ClockWatch:
    """Compares the database's clock with this machine's boot clock, and sees every open attempt soon.

    A process that sees attempts only when it works on them would begin to count late.
    """

    name = "clock-watch"

    def __init__(
        self, db: Database, witness: Witness, settings: EffectSettings, *, apart: float = APART_SECONDS
    ) -> None:
        self._db, self._witness, self._apart = db, witness, apart
        self._every = settings.first_look
        self._trust_seconds = settings.trust_time.total_seconds()
        self._compared: tuple[float, float] | None = None  # offset and moment by the boot clock

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(self._every, stop):
            try:
                await self.run_once()
            except DATABASE_TROUBLE as error:
                log.warning("clock_watch.look_failed", error=describe(error))

    async def run_once(self) -> None:
        """Know what is open by now, and raise the alarm when a clock moved since the last comparison."""
        clock = self._witness.clock
        async with self._db.reading.of_queues() as session:
            before = clock()
            moment = (await session.execute(select(db_now()))).scalar_one()
            after = clock()
            still_open = (
                await session.scalars(
                    select(AttemptRow.attempt_id).where(AttemptRow.state == AttemptState.OPEN)
                )
            ).all()
        self._witness.saw(still_open)
        self._witness.forget_others(still_open, before)
        if after - before <= SLOW_SECONDS:
            await self._compare(moment.timestamp() - (before + after) / 2, after)

    async def _compare(self, offset: float, at: float) -> None:
        if self._compared is None:
            self._compared = (offset, at)
            return
        moved = offset - self._compared[0]
        if abs(moved) > STEP_SECONDS:
            self._compared = (offset, at)
            await self._stepped(moved)
        elif at - self._compared[1] >= self._apart:
            self._compared = (offset, at)
            await self._steady()

    async def _stepped(self, moved: float) -> None:
        self._witness.doubt(self._trust_seconds)
        log.error("clock_watch.stepped", seconds=round(moved, 3))
        evidence = {"moved_seconds": round(moved, 3)}
        async with self._db.sessions.of_nobody() as session:
            await raise_alarm(session, Alarm(AlarmKind.CLOCK_STEPPED, CLOCKS, evidence))

    async def _steady(self) -> None:
        """Believe a clock again that kept its pace for a trust time."""
        if self._witness.doubts:
            return
        async with self._db.sessions.of_nobody() as session:
            is_old = AlarmRow.created_at <= db_now(-self._trust_seconds)
            await close_alarms_where(session, AlarmKind.CLOCK_STEPPED, AlarmRow.subject == CLOCKS, is_old)
