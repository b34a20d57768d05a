"""One alarm is open per kind and subject, whoever sees the cause; it closes with it and may come back."""

import asyncio
from uuid import UUID, uuid4

from sqlalchemy import select

from common.db.alarms import Alarm, close_alarms, raise_alarm, raise_once
from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind

TENANT = UUID("00000000-0000-4000-8000-000000000001")
KIND = AlarmKind.RECONNECT_NEEDED


async def rows(database: Database) -> list[AlarmRow]:
    async with database.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow).order_by(AlarmRow.created_at))).all())


async def raised(database: Database, alarm: Alarm, *, once: str | None = None) -> bool:
    async with database.sessions.of_all_tenants() as session:
        return await (raise_once(session, alarm, once) if once else raise_alarm(session, alarm))


async def closed(database: Database, subject: str, tenant_id: UUID | None = TENANT) -> int:
    async with database.sessions.of_all_tenants() as session:
        return await close_alarms(session, KIND, subject, tenant_id=tenant_id)


async def test_two_that_see_the_same_cause_at_once_raise_one_alarm(database: Database) -> None:
    alarm = Alarm(KIND, "connection:1", {"why": "refused"}, TENANT)
    news = await asyncio.gather(*(raised(database, alarm) for _ in range(4)))
    assert sorted(news) == [False, False, False, True]
    (row,) = await rows(database)
    assert (row.kind, row.subject, row.evidence, row.closed_at) == (
        "reconnect_needed",
        "connection:1",
        {"why": "refused"},
        None,
    )


async def test_a_cause_that_comes_back_after_its_end_is_told_again(database: Database) -> None:
    alarm = Alarm(KIND, "connection:1", tenant_id=TENANT)
    assert await raised(database, alarm)
    assert await closed(database, "connection:1") == 1
    assert await closed(database, "connection:1") == 0
    assert await raised(database, alarm)
    assert [row.closed_at is None for row in await rows(database)] == [False, True]


async def test_what_is_told_once_stays_told_after_its_end(database: Database) -> None:
    alarm = Alarm(KIND, "connection:1", tenant_id=TENANT)
    assert await raised(database, alarm, once="about")
    assert await closed(database, "connection:1") == 1
    assert not await raised(database, alarm, once="about")
    assert await raised(database, alarm, once="something else")


async def test_tenants_and_the_installation_have_alarms_of_their_own(database: Database) -> None:
    other = uuid4()
    for tenant_id in (None, TENANT, other):
        assert await raised(database, Alarm(KIND, "same", tenant_id=tenant_id))
    assert await closed(database, "same", None) == 1
    still_open = {row.tenant_id for row in await rows(database) if row.closed_at is None}
    assert still_open == {TENANT, other}


async def test_an_alarm_is_raised_with_the_transaction_that_found_its_cause(database: Database) -> None:
    try:
        async with database.sessions.of_all_tenants() as session:
            await raise_alarm(session, Alarm(KIND, "rolled back", tenant_id=TENANT))
            raise LookupError
    except LookupError:
        pass
    assert await rows(database) == []
