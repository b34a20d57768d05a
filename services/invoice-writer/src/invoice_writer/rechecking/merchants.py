"""One alarm per merchant for as long as documents of his are in the same trouble."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, renew_alarm
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind

LOOK_SECONDS = 60.0
SHOWN = 20


class MerchantWatch:
    """Looks once a minute; `find` gives the documents (`tenant_id`, `type`, `number`) and since when."""

    def __init__(
        self,
        db: Database,
        kind: AlarmKind,
        subject: str,
        find: Callable[[], Select[Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._kind, self._subject, self._find, self._clock = db, kind, subject, find, clock
        self._next_look_at: float | None = None

    async def run_once(self) -> None:
        """Raise, renew and close what there is to, unless the last look was less than a minute ago."""
        if self._next_look_at is not None and self._clock() < self._next_look_at:
            return
        is_open = (AlarmRow.kind == self._kind.value, AlarmRow.closed_at.is_(None))
        async with self._db.reading.of_queues() as session:
            found = (await session.execute(self._find())).all()
            opened = set(await session.scalars(select(AlarmRow.tenant_id).where(*is_open)))
        if found or opened:
            async with self._db.sessions.of_tenants([*(row.tenant_id for row in found), *opened]) as session:
                await self._tell(session, found, opened)
        self._next_look_at = self._clock() + LOOK_SECONDS

    async def _tell(self, session: AsyncSession, found: Sequence[Row[Any]], opened: set[UUID | None]) -> None:
        by_tenant: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
        for row in found:
            by_tenant[row.tenant_id].append(row)
        for tenant_id, rows in sorted(by_tenant.items()):
            documents = list(dict.fromkeys(f"{row.type} {row.number}" for row in rows))
            since = min(row.since for row in rows).isoformat()
            evidence = {"documents": documents[:SHOWN], "count": len(documents), "since": since}
            await renew_alarm(session, Alarm(self._kind, self._subject, evidence, tenant_id))
        for gone in opened - by_tenant.keys():
            await close_alarms(session, self._kind, self._subject, tenant_id=gone)
