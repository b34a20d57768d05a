"""What no check can end is ended by a person's word, and nothing else is."""

from typing import Any
from uuid import uuid4

from sqlalchemy import select

from common.db.alarms import Alarm, raise_alarm
from common.db.models.effects import AlarmRow
from common.domain.alarms import CLOSED_BY_PERSON, AlarmKind
from common.events.commands import SeeAlarm
from integration.invoice_writer.harness import Writer


async def test_alarm_is_closed_as_seen_just_where_its_text_says_so(writer: Writer) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        for kind in AlarmKind:
            await raise_alarm(session, Alarm(kind, "subject", {}, writer.tenant_id))
    async with writer.db.reading.of_all_tenants() as session:
        raised = list(await session.scalars(select(AlarmRow.alarm_id)))
    about: dict[str, Any] = {"tenant_id": writer.tenant_id, "connection_id": writer.books_id}
    await writer.work(*(SeeAlarm(**about, command_id=uuid4(), alarm_id=alarm_id) for alarm_id in raised))
    async with writer.db.reading.of_all_tenants() as session:
        seen = set(await session.scalars(select(AlarmRow.kind).where(AlarmRow.closed_at.is_not(None))))
    assert seen == {kind.value for kind in CLOSED_BY_PERSON}
