"""Raises an alarm when a small business comes near a limit of § 19 UStG or passes it."""

import time
from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.turnover import TenantWarning, read_warnings, this_year
from common.domain.turnover import ALARM, TurnoverWarning

log = structlog.get_logger(__name__)

LOOK_SECONDS = 3600.0


class TurnoverWatch:
    """Looks once an hour; a warning is raised once per tenant and year, by whichever process is first."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._clock = db, clock
        self._next_look_at: float | None = None

    async def look(self) -> None:
        """Raise what there is to raise, unless the last look was less than an hour ago."""
        if self._next_look_at is not None and self._clock() < self._next_look_at:
            return
        async with self._db.reading.begin() as session:
            found = await read_warnings(session, await this_year(session), None)
        if found:
            async with self._db.sessions.begin() as session:
                await raise_alarms(session, found)
        self._next_look_at = self._clock() + LOOK_SECONDS


async def raise_alarms(session: AsyncSession, found: list[TenantWarning]) -> None:
    """Every warning has its alarm; one that was raised before is left as it is."""
    for tenant_id, warning in ((one.tenant_id, one.warning) for one in found):
        subject = f"{warning.code.value}:{warning.turnover.year}"
        alarm = insert(session, AlarmRow).values(
            alarm_id=_alarm_id(tenant_id, subject),
            tenant_id=tenant_id,
            kind=ALARM,
            subject=subject,
            evidence=_evidence(warning),
            created_at=db_now(),
        )
        raising = alarm.on_conflict_do_nothing(index_elements=["alarm_id"]).returning(AlarmRow.alarm_id)
        if (await session.execute(raising)).one_or_none() is not None:
            log.warning("turnover.alarm_raised", tenant_id=str(tenant_id), subject=subject)


def _alarm_id(tenant_id: UUID, subject: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"{ALARM}:{tenant_id}:{subject}")


def _evidence(warning: TurnoverWarning) -> dict[str, Any]:
    turnover = warning.turnover
    return {
        "limit": str(warning.limit.decimal),
        "net_turnover": str(turnover.net.decimal),
        "documents": turnover.documents,
        "open_documents": turnover.open_documents,
        "open_gross": str(turnover.open_gross.decimal),
        "other_currency": turnover.other_currency,
    }
