"""Looks for what is linked twice and keeps its alarms open for as long as it is."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import select

from api.connections.pairs import KINDS, find_pairs
from common.db.alarms import close_alarms, raise_alarm
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.pausing import every

EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


class DoubleLinkWatch:
    """Looks at start and once an hour; several replicas do no harm."""

    name = "api.double_links"

    def __init__(self, db: Database, every: timedelta = EVERY) -> None:
        self._db, self._every = db, every

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; a database that does not answer is asked again at the next turn."""
        async for _ in every(self._every.total_seconds(), stop):
            try:
                await self.run_once()
            except DATABASE_TROUBLE as trouble:
                log.warning("api.double_links_not_looked_at", error=describe(trouble))

    async def run_once(self) -> None:
        """Raise the alarms of each pair in use, and close those whose pair is gone."""
        kinds = {kind.value for kind in KINDS}
        async with self._db.reading.of_all_tenants() as session:
            wanted = [alarm for pair in await find_pairs(session) for alarm in pair.alarms()]
            known = select(AlarmRow).where(AlarmRow.kind.in_(kinds), AlarmRow.closed_at.is_(None))
            open_now = {
                (row.kind, row.tenant_id, row.subject) for row in (await session.scalars(known)).all()
            }
        due = {(alarm.kind.value, alarm.tenant_id, alarm.subject): alarm for alarm in wanted}
        if open_now == due.keys():
            return
        async with self._db.sessions.of_tenants(
            tenant_id for _, tenant_id, _ in due.keys() ^ open_now
        ) as session:
            for place in due.keys() - open_now:
                await raise_alarm(session, due[place])
            for kind, tenant_id, subject in open_now - due.keys():
                await close_alarms(session, AlarmKind(kind), subject, tenant_id=tenant_id)
