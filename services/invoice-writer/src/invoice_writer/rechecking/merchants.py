"""One alarm per merchant for as long as documents of his are in the same trouble."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, renew_alarm
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from common.pausing import Seldom

LOOK_SECONDS = 60.0
SHOWN = 20


@dataclass(frozen=True, slots=True)
class InTrouble:
    """A document of a merchant, and since when it is in trouble."""

    tenant_id: UUID
    type: str
    number: str
    since: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> "InTrouble":
        """The document of a row that has these columns."""
        return cls(row.tenant_id, row.type, row.number, row.since)


class MerchantWatch:
    """Looks once a minute; `find` gives the columns of `InTrouble`."""

    def __init__(
        self,
        db: Database,
        kind: AlarmKind,
        subject: str,
        find: Callable[[], Select[Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db, self._kind, self._subject, self._find = db, kind, subject, find
        self._looks = Seldom(LOOK_SECONDS, clock)

    async def run_once(self) -> None:
        """Raise, renew and close what there is to, unless the last look was less than a minute ago."""
        if not self._looks.is_due():
            return
        is_open = (AlarmRow.kind == self._kind.value, AlarmRow.closed_at.is_(None))
        async with self._db.reading.of_queues() as session:
            found = [InTrouble.from_row(row) for row in await session.execute(self._find())]
            opened = set(await session.scalars(select(AlarmRow.tenant_id).where(*is_open)))
        if found or opened:
            async with self._db.sessions.of_tenants([*(one.tenant_id for one in found), *opened]) as session:
                await self._tell(session, found, opened)
        self._looks.done()

    async def _tell(
        self, session: AsyncSession, found: Sequence[InTrouble], opened: set[UUID | None]
    ) -> None:
        by_tenant: defaultdict[UUID, list[InTrouble]] = defaultdict(list)
        for one in found:
            by_tenant[one.tenant_id].append(one)
        for tenant_id, documents in sorted(by_tenant.items()):
            names = list(dict.fromkeys(f"{one.type} {one.number}" for one in documents))
            since = min(one.since for one in documents).isoformat()
            evidence = {"documents": names[:SHOWN], "count": len(names), "since": since}
            await renew_alarm(session, Alarm(self._kind, self._subject, evidence, tenant_id))
        for gone in opened - by_tenant.keys():
            await close_alarms(session, self._kind, self._subject, tenant_id=gone)
