"""A transaction is opened for named tenants, and the watch over all tests sees when it names another."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, update

from common.db.alarms import Alarm, raise_alarm
from common.db.engine import Database
from common.db.models.core import TenantRow
from common.db.models.effects import AlarmRow
from common.db.models.line import OutboxRow
from common.db.sessions import reach_of
from common.domain.alarms import AlarmKind
from support.reach import trespasses

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def alarm_of(tenant_id: UUID | None) -> Alarm:
    return Alarm(AlarmKind.ORDER_GAP, str(uuid4()), {}, tenant_id)


@pytest.fixture
def seen() -> Iterator[list[str]]:
    """What the watch noted, taken away when the test ends: here it is meant to note something."""
    yield trespasses
    trespasses.clear()


async def test_statements_of_the_named_tenants_and_of_nobody_are_in_reach(
    database: Database, seen: list[str]
) -> None:
    async with database.sessions.of(ONE) as session:
        await raise_alarm(session, alarm_of(ONE))
        await raise_alarm(session, alarm_of(None))
    async with database.reading.of_tenants([ONE, TWO, None]) as session:
        wanted = select(AlarmRow).where(AlarmRow.tenant_id.in_([ONE, TWO]))
        assert len((await session.scalars(wanted)).all()) == 1
    assert seen == []


@pytest.mark.parametrize("number_of_tenants", [1, 2])
async def test_a_read_of_a_strangers_rows_is_seen(
    database: Database, seen: list[str], number_of_tenants: int
) -> None:
    async with database.reading.of_tenants([ONE, TWO][:number_of_tenants]) as session:
        await session.scalars(select(AlarmRow).where(AlarmRow.tenant_id == THREE))
        await session.scalars(select(AlarmRow).where(AlarmRow.tenant_id.in_([ONE, THREE])))
    assert [str(THREE) in one for one in seen] == [True, True]


async def test_writes_of_a_strangers_rows_are_seen_however_they_are_written(
    database: Database, seen: list[str]
) -> None:
    async with database.sessions.of(ONE) as session:
        session.add(TenantRow(tenant_id=TWO, name="flushed"))
        await session.flush()
        await raise_alarm(session, alarm_of(TWO))
        await session.execute(update(AlarmRow).where(AlarmRow.tenant_id == TWO).values(evidence={}))
    assert len(seen) >= 3
    assert all(str(TWO) in one for one in seen)


async def test_a_transaction_for_nobody_names_no_tenant(database: Database, seen: list[str]) -> None:
    async with database.sessions.of_nobody() as session:
        await raise_alarm(session, alarm_of(None))
        assert seen == []
        await raise_alarm(session, alarm_of(ONE))
    assert seen != []


async def test_queues_and_operators_reach_all_tenants(database: Database, seen: list[str]) -> None:
    for opened in (database.reading.of_queues(), database.reading.of_all_tenants()):
        async with opened as session:
            await session.scalars(select(OutboxRow).where(OutboxRow.tenant_id == TWO))
    assert seen == []


async def test_a_reach_ends_with_its_transaction(database: Database, seen: list[str]) -> None:
    async with database.sessions.of(ONE) as session:
        assert reach_of(session).covers(ONE)
        assert not reach_of(session).covers(TWO)
        await raise_alarm(session, alarm_of(ONE))
    async with database.sessions.of(TWO) as session:
        await raise_alarm(session, alarm_of(TWO))
    assert seen == []


async def test_naming_tenants_costs_no_statement(database: Database) -> None:
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.sessions.of(ONE) as session:
        await session.scalars(select(AlarmRow).where(AlarmRow.tenant_id == ONE))
    assert len([one for one in statements if not one.startswith("BEGIN")]) == 1


async def test_a_failed_block_writes_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.sessions.of(ONE) as session:
            await raise_alarm(session, alarm_of(ONE))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.reading.of(ONE) as session:
        assert (await session.scalars(select(AlarmRow))).all() == []
