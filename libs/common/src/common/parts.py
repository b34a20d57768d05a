"""Tells operators by name which part of a service fails, while the rest goes on."""

import asyncio
import socket
from collections.abc import Mapping

import structlog

from common.db.alarms import Alarm, close_alarms, close_stale_alarms, renew_alarm
from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.observability import metrics
from common.observability.health import OK, Check, CheckStates, Heartbeat
from common.pausing import every

log = structlog.get_logger()

ASK_SECONDS = 15.0
FORGOTTEN_SECONDS = 600.0  # an alarm of a process that is gone
FAILING = AlarmKind.SERVICE_PART_FAILING


class PartsWatch:
    """Asks the parts of a service every few seconds; what fails for a minute has an alarm until it works."""

    def __init__(
        self, db: Database, service: str, parts: Mapping[str, Check], states: CheckStates | None = None
    ) -> None:
        self.name = f"{service}.parts"
        self.heartbeat = Heartbeat()
        self._db, self._service = db, service
        self._states = states or CheckStates(parts)
        self._host = socket.gethostname()
        self._told: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until told to stop."""
        async for _ in every(ASK_SECONDS, stop):
            self.heartbeat.beat()
            try:
                await self.run_once()
            except DATABASE_TROUBLE as error:
                log.warning("parts.not_told", service=self._service, error=describe(error))

    async def run_once(self) -> None:
        """Ask every part once, count it, and raise, renew or close its alarm."""
        answers = await self._states.ask()
        failing = self._states.failing()
        for part, answer in answers.items():
            metrics.RUNTIME_FAILING_PARTS.labels(self._service, part).set(answer != OK)
        async with self._db.sessions.of_nobody() as session:
            for part, answer in failing.items():
                evidence = {"service": self._service, "part": part, "host": self._host, "said": answer}
                await renew_alarm(session, Alarm(FAILING, self._subject(part), evidence))
            for part in [one for one in answers if one not in failing]:
                await close_alarms(session, FAILING, self._subject(part))
            await close_stale_alarms(session, FAILING, f"{self._service}.", FORGOTTEN_SECONDS)

    def _subject(self, part: str) -> str:
        return f"{self._service}.{part}@{self._host}"
