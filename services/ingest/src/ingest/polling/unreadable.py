"""A shop that nobody could read for an hour is for the operator to look at; what ends it closes the alarm."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from ingest.connections import ACTIVE
from ingest.polling.cursors import ShopLease

AFTER = timedelta(hours=1)
KIND, OF_ITEMS = AlarmKind.SHOP_UNREADABLE, AlarmKind.SHOP_ITEM_UNREADABLE


async def tell(session: AsyncSession, lease: ShopLease, columns: Mapping[str, Any]) -> None:
    """The alarm is open when the row that this run ends with has been failing for an hour, else closed."""
    if "failing_since" not in columns:  # the run was stopped: it says nothing of the shop
        return
    since, subject = columns["failing_since"], str(lease.connection_id)
    if since is None:
        if lease.row.failing_since is not None:
            await close_alarms(session, KIND, subject, tenant_id=lease.row.tenant_id)
        return
    if lease.now - since >= AFTER:
        evidence = {
            "connection_id": subject,
            "failing_since": since.isoformat(),
            "last_error": columns.get("last_error"),
        }
        await raise_alarm(session, Alarm(KIND, subject, evidence, lease.row.tenant_id))


async def close_alarms_of_unused(db: Database) -> None:
    """No alarm is open about a shop that nobody reads any more, or about something it sent."""
    opened = select(AlarmRow.kind, AlarmRow.tenant_id, AlarmRow.subject).where(
        AlarmRow.kind.in_((KIND.value, OF_ITEMS.value)), AlarmRow.closed_at.is_(None)
    )
    in_use = select(ConnectionRow.connection_id).where(ConnectionRow.state == ACTIVE)
    async with db.reading.begin() as session:
        alarms = (await session.execute(opened)).all()
        used = {str(one) for one in await session.scalars(in_use)} if alarms else set()
    for kind, tenant_id, subject in alarms:
        if subject.partition(":")[0] not in used:
            async with db.sessions.begin() as session:
                await close_alarms(session, AlarmKind(kind), subject, tenant_id=tenant_id)
