"""A database of the first release goes on with every later schema: nothing of it stands in the way."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from common.db.alarms import Alarm, raise_alarm
from common.db.engine import Database, open_database
from common.db.migrate import SCRIPTS, upgrade_database
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from common.settings import DatabaseSettings

FIRST_HASH = "a6c09079fb8566cc105e42aae3b1146aad290b0821f7e5e4a7c34c4249795b40"
TENANT = UUID("00000000-0000-4000-8000-000000000001")


async def upgraded(url: str) -> Database:
    await asyncio.to_thread(upgrade_database, url)
    return open_database(DatabaseSettings(url=url))


async def add_alarm(url: str, subject: str, *, minute: int, is_closed: bool = False) -> None:
    old = open_database(DatabaseSettings(url=url))
    on_sqlite = old.engine.dialect.name == "sqlite"
    alarms = "alarms" if on_sqlite else "line.alarms"
    moment = f"2026-03-02 09:{minute:02}:00.000000" + ("" if on_sqlite else "+00")
    closed_at = f"'{moment}'" if is_closed else "NULL"
    ids: list[Any] = [uuid4(), TENANT]
    alarm_id, tenant_id = (one.hex if on_sqlite else str(one) for one in ids)
    columns = "alarm_id, tenant_id, kind, subject, evidence, created_at, closed_at"
    values = f"'{alarm_id}', '{tenant_id}', 'duplicate', '{subject}', '{{}}', '{moment}', {closed_at}"
    async with old.engine.begin() as connection:
        await connection.execute(text(f"INSERT INTO {alarms} ({columns}) VALUES ({values})"))
    await old.close()


def test_the_first_revision_is_frozen() -> None:
    first = SCRIPTS / "versions" / "0001_initial.py"
    assert hashlib.sha256(first.read_bytes()).hexdigest() == FIRST_HASH


async def test_equal_open_alarms_of_the_first_release_stay_and_the_oldest_keeps_the_place(
    old_url: str,
) -> None:
    for minute in (1, 2):
        await add_alarm(old_url, "voucher:1", minute=minute)
    await add_alarm(old_url, "voucher:2", minute=3, is_closed=True)
    database = await upgraded(old_url)
    try:
        async with database.sessions.of_all_tenants() as session:
            again = [
                await raise_alarm(session, Alarm(AlarmKind.DUPLICATE, subject, tenant_id=TENANT))
                for subject in ("voucher:1", "voucher:2")
            ]
            assert again == [False, True]
            of_all = await session.scalars(select(AlarmRow).order_by(AlarmRow.created_at))
            keys = [row.open_key for row in of_all]
    finally:
        await database.close()
    mine = f"{TENANT}:duplicate:voucher:"
    assert keys == [f"{mine}1", None, None, f"{mine}2"]
