"""Raises an alarm when a small business comes near a limit of § 19 UStG or passes it."""

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.turnover import TenantWarning, read_warnings, this_year
from common.domain.alarms import AlarmKind
from common.domain.turnover import TurnoverWarning
from common.pausing import Seldom

KIND = AlarmKind.SMALL_BUSINESS_TURNOVER
LOOK_SECONDS = 3600.0


class TurnoverWatch:
    """Looks once an hour; a warning has one open alarm per tenant and year, closed when it is gone."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._looks = db, Seldom(LOOK_SECONDS, clock)

    async def run_once(self) -> None:
        """Raise and close what there is to, unless the last look was less than an hour ago."""
        if not self._looks.is_due():
            return
        async with self._db.reading.of_all_tenants() as session:
            found = await read_warnings(session, await this_year(session), None)
            opened = await _opened(session)
        standing = {(one.tenant_id, _subject(one.warning)) for one in found}
        gone = [alarm for alarm in opened if alarm not in standing]
        tenants = [*(one.tenant_id for one in found), *(tenant_id for tenant_id, _ in gone)]
        if tenants:
            async with self._db.sessions.of_tenants(tenants) as session:
                await _follow(session, found, gone)
        self._looks.done()


async def _opened(session: AsyncSession) -> list[tuple[UUID | None, str]]:
    query = select(AlarmRow.tenant_id, AlarmRow.subject).where(
        AlarmRow.kind == KIND.value, AlarmRow.closed_at.is_(None)
    )
    return [(tenant_id, subject) for tenant_id, subject in await session.execute(query)]


async def _follow(
    session: AsyncSession, found: Sequence[TenantWarning], gone: Sequence[tuple[UUID | None, str]]
) -> None:
    """Raise an alarm for every warning, once; close those whose warning is gone."""
    for one in found:
        alarm = Alarm(KIND, _subject(one.warning), _evidence(one.warning), one.tenant_id)
        await raise_alarm(session, alarm)
    for tenant_id, subject in gone:
        await close_alarms(session, KIND, subject, tenant_id=tenant_id)


def _subject(warning: TurnoverWarning) -> str:
    return f"{warning.code.value}:{warning.turnover.year}"


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
