"""The alarms about lists of the books follow what is known of them, also where nobody reads them any more."""

import time
from collections.abc import Callable, Iterable
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import BooksReadingRow, VoucherIndexStateRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import ConnectionState
from common.pausing import Seldom
from invoice_writer.lists import BooksList, ListRef, ListState, parts_from_json, stalled_alarm, unfit_alarm
from invoice_writer.vouchers import part_alarm

KINDS = (AlarmKind.BOOKS_UNREADABLE, AlarmKind.BOOKS_ROW_UNREADABLE, AlarmKind.BOOKS_PART_TOO_LONG)
LOOK_SECONDS = 60.0
READINGS = table(BooksReadingRow)
IN_USE = ConnectionRow.state != ConnectionState.DISABLED


class ListAlarms:
    """Looks once a minute; a connection that is disabled or released has no alarms of its lists.

    One that is enabled again has those of what is still known of them.
    """

    def __init__(
        self, db: Database, shown_after_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._db, self._shown_after_seconds = db, shown_after_seconds
        self._looks = Seldom(LOOK_SECONDS, clock)

    async def run_once(self) -> None:
        """Raise and close what there is to, unless the last look was less than a minute ago."""
        if not self._looks.is_due():
            return
        async with self._db.reading.of_queues() as session:
            wanted = {_place(alarm): alarm for alarm in await self._wanted(session)}
            opened = await session.execute(
                select(AlarmRow.kind, AlarmRow.tenant_id, AlarmRow.subject).where(
                    AlarmRow.kind.in_([kind.value for kind in KINDS]), AlarmRow.closed_at.is_(None)
                )
            )
            known = {(AlarmKind(kind), tenant_id, subject) for kind, tenant_id, subject in opened}
        if known != wanted.keys():
            async with self._db.sessions.of_tenants(
                tenant_id for _, tenant_id, _ in known ^ wanted.keys()
            ) as session:
                for place in wanted.keys() - known:
                    await raise_alarm(session, wanted[place])
                for kind, tenant_id, subject in known - wanted.keys():
                    await close_alarms(session, kind, subject, tenant_id=tenant_id)
        self._looks.done()

    async def _wanted(self, session: AsyncSession) -> list[Alarm]:
        known = READINGS.c.connection_id == ConnectionRow.connection_id
        query = select(READINGS, db_now().label("now")).join(ConnectionRow, and_(known, IN_USE))
        lists = [
            (ListRef(row.tenant_id, row.connection_id, BooksList(row.list)), ListState.from_row(row))
            for row in await session.execute(query)
        ]
        state = VoucherIndexStateRow.connection_id == ConnectionRow.connection_id
        parts = await session.execute(
            select(
                VoucherIndexStateRow.tenant_id,
                VoucherIndexStateRow.connection_id,
                VoucherIndexStateRow.unread,
            ).join(ConnectionRow, and_(state, IN_USE))
        )
        too_long = [
            part_alarm(row.tenant_id, row.connection_id, part)
            for row in parts
            for part in parts_from_json(row.unread)
        ]
        return [*self._of_lists(lists), *too_long]

    def _of_lists(self, lists: Iterable[tuple[ListRef, ListState]]) -> Iterable[Alarm]:
        for ref, state in lists:
            if state.has_failed_for(self._shown_after_seconds):
                yield stalled_alarm(ref, state)
            if state.unfit:
                yield unfit_alarm(ref, state.unfit)


def _place(alarm: Alarm) -> tuple[AlarmKind, UUID | None, str]:
    return alarm.kind, alarm.tenant_id, alarm.subject
