"""A shop that nobody could read for an hour is for the operator to look at; what ends it closes the alarm."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import ConnectionState
from ingest.polling.state import CursorFailures, ShopLease

AFTER = timedelta(hours=1)
KIND, OF_ITEMS = AlarmKind.SHOP_UNREADABLE, AlarmKind.SHOP_ITEM_UNREADABLE


async def tell(session: AsyncSession, lease: ShopLease, failures: CursorFailures) -> None:
    """Open the alarm of a shop that has been failing for an hour, or close it when it fails no more."""
    subject, tenant_id = str(lease.state.connection_id), lease.state.tenant_id
    if failures.failing_since is None:
        if lease.state.failures.failing_since is not None:
            await close_alarms(session, KIND, subject, tenant_id=tenant_id)
        return
    if lease.now - failures.failing_since >= AFTER:
        evidence = {
            "connection_id": subject,
            "failing_since": failures.failing_since.isoformat(),
            "last_error": failures.last_error,
        }
        await raise_alarm(session, Alarm(KIND, subject, evidence, tenant_id))


async def close_alarms_of_unused(db: Database) -> None:
    """Close alarms about shops that nobody reads any more, and about what those sent."""
    opened = select(AlarmRow.kind, AlarmRow.tenant_id, AlarmRow.subject).where(
        AlarmRow.kind.in_((KIND.value, OF_ITEMS.value)), AlarmRow.closed_at.is_(None)
    )
    in_use = select(ConnectionRow.connection_id).where(ConnectionRow.state == ConnectionState.ACTIVE)
    async with db.reading.of_queues() as session:
        alarms = (await session.execute(opened)).all()
        used = {str(one) for one in await session.scalars(in_use)} if alarms else set()
    for kind, tenant_id, subject in alarms:
        if subject.partition(":")[0] not in used:
            async with db.sessions.of(tenant_id) as session:
                await close_alarms(session, AlarmKind(kind), subject, tenant_id=tenant_id)
