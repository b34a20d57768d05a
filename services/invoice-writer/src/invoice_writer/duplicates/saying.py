"""What a person says of alarms and doubles: seen and right, or the surplus voucher is deleted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import add_evidence, close_alarms_where
from common.db.doubles import say
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.domain.alarms import CLOSED_BY_PERSON, AlarmKind
from common.domain.duplicates import vouchers_in
from common.domain.reasons import DocumentReason
from common.domain.stored_words import SaidOfDouble
from common.effects.sql_numbers import effects_bound_to
from common.events.commands import RepairDuplicate, SeeAlarm
from common.http.errors import NotFound
from common.inbox.messages import Done, Later
from common.inbox.routes import Route, on
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from invoice_writer.context import TenantContexts
from invoice_writer.duplicates.repairing import keep_standing, stand_aside

log = structlog.get_logger(__name__)

NO_BOOKS_YET = timedelta(minutes=5)


class Sayings:
    """One method per command; each is safe to run any number of times."""

    def __init__(self, db: Database, clients: LexwareClients, contexts: TenantContexts) -> None:
        self._db, self._clients, self._contexts = db, clients, contexts

    def routes(self) -> Sequence[Route]:
        """The commands that are answered here."""
        return (
            on(SeeAlarm, self.see),
            on(RepairDuplicate, self.repair),
        )

    async def see(self, command: SeeAlarm) -> Done:
        """Close an alarm that only a person ends; the vouchers of a double are both right from now on."""
        async with self._db.sessions.of(command.tenant_id) as session:
            alarm = await _open_alarm(session, command)
            if alarm is None:
                return Done()
            if alarm.kind == AlarmKind.DUPLICATE.value:
                vouchers = vouchers_in(alarm.evidence)
                await say(session, command.tenant_id, alarm.subject, vouchers, SaidOfDouble.SEEN)
            await _close(session, alarm)
        return Done()

    async def repair(self, command: RepairDuplicate) -> Done | Later:
        """Record what was deleted once it is gone; while it is there the alarm stays and says so."""
        async with self._db.reading.of(command.tenant_id) as session:
            alarm = await _open_alarm(session, command)
        if alarm is None:
            return Done()
        context = await self._contexts.get(command.tenant_id)
        if context.books is None:
            return Later(NO_BOOKS_YET, DocumentReason.BOOKS_NOT_CONNECTED.value)
        client = await self._clients.for_connection(command.tenant_id, context.books.connection_id)
        there = [one for one in command.deleted if await _is_there(client, one)]
        async with self._db.sessions.of(command.tenant_id) as session:
            if there:
                await add_evidence(session, alarm, still_there=there)
            else:
                await _settle(session, command, alarm)
        return Done()


async def _settle(session: AsyncSession, command: RepairDuplicate, alarm: AlarmRow) -> None:
    tenant_id, deleted = command.tenant_id, list(command.deleted)
    left = [one for one in vouchers_in(alarm.evidence) if one not in deleted]
    bound = {one.external_id: one for one in await effects_bound_to(session, [*left, *deleted])}
    keep = next((one for one in _kept_first(alarm, left) if one in bound), None)
    if keep is not None:
        await stand_aside(session, tenant_id, keep, deleted)
    elif len(left) == 1:
        keep = left[0]
        for voucher_id in (one for one in deleted if one in bound):
            await keep_standing(session, tenant_id, bound[voucher_id].key, voucher_id, keep)
    await say(session, tenant_id, alarm.subject, deleted, SaidOfDouble.DELETED)
    await say(
        session, tenant_id, alarm.subject, left, SaidOfDouble.KEPT if len(left) == 1 else SaidOfDouble.SEEN
    )
    await _close(session, alarm)
    log.info("duplicates.repaired", tenant_id=str(tenant_id), deleted=len(deleted))


def _kept_first(alarm: AlarmRow, left: Sequence[str]) -> list[str]:
    return sorted(left, key=lambda one: one != alarm.evidence.get("keep"))


async def _is_there(client: LexwareClient, voucher_id: str) -> bool:
    try:
        await client.vouchers.get(voucher_id)
    except NotFound:
        return False
    return True


async def _open_alarm(session: AsyncSession, command: SeeAlarm | RepairDuplicate) -> AlarmRow | None:
    kinds = [AlarmKind.DUPLICATE] if isinstance(command, RepairDuplicate) else sorted(CLOSED_BY_PERSON)
    query = select(AlarmRow).where(
        AlarmRow.alarm_id == command.alarm_id,
        AlarmRow.tenant_id == command.tenant_id,
        AlarmRow.kind.in_([kind.value for kind in kinds]),
        AlarmRow.closed_at.is_(None),
    )
    return (await session.scalars(query)).one_or_none()


async def _close(session: AsyncSession, alarm: AlarmRow) -> Any:
    mine = AlarmRow.alarm_id == alarm.alarm_id
    return await close_alarms_where(session, AlarmKind(alarm.kind), mine, tenant_id=alarm.tenant_id)
