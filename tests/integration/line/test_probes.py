"""A process knows when it cannot write, when its keys open nothing, and which of its parts fails."""

import asyncio
import subprocess
import sys
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.core import ConnectionRow, SecretRow, TenantRow
from common.db.models.effects import AlarmRow
from common.db.probes import KeyCheck, WriteProbe
from common.db.secrets import Secrets, new_key
from common.observability.health import CheckStates, NotReady
from common.parts import PartsWatch

SERVICE = "ingest"
FULL_DISK = """
import asyncio, resource, sys
from common.db.engine import open_database
from common.db.probes import WriteProbe
from common.observability.health import CheckStates
from common.settings import DatabaseSettings

async def main() -> None:
    db = open_database(DatabaseSettings(url=sys.argv[1]))
    standings = CheckStates({"write": WriteProbe(db, "ingest").check, "read": db.ping})
    print(await standings.ask())
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    print(await standings.ask())
    await db.close()

asyncio.run(main())
"""


async def test_a_service_that_can_write_says_so_again_and_again(database: Database) -> None:
    probe = WriteProbe(database, SERVICE)
    for _ in range(3):
        await probe.check()


def test_on_a_full_disk_reading_works_and_the_probe_tells(sqlite_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, sqlite_url], capture_output=True, text=True, timeout=60, check=False
    )
    before, after = done.stdout.splitlines()
    assert before == "{'write': 'ok', 'read': 'ok'}", done.stderr
    assert after == "{'write': 'OperationalError', 'read': 'ok'}"


async def test_a_server_that_takes_no_writes_is_noticed(postgres: Database) -> None:
    probe = WriteProbe(postgres, SERVICE)
    await probe.check()
    async with postgres.engine.begin() as connection:
        name = await connection.scalar(text("SELECT current_database()"))
        await connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    await postgres.engine.dispose()
    await postgres.ping()
    assert await CheckStates({"write": probe.check}).ask() == {"write": "DBAPIError"}


async def sealed(database: Database, secrets: Secrets) -> None:
    """A stored secret, sealed with the box's newest key."""
    tenant_id, connection_id = uuid4(), uuid4()
    async with database.sessions.of_all_tenants() as session:
        session.add(TenantRow(tenant_id=tenant_id, name="A", created_at=db_now()))
        await session.flush()
        connection = {"kind": "shop", "platform": "epages", "name": "S", "address": str(connection_id)}
        ids = {"connection_id": connection_id, "tenant_id": tenant_id, "created_at": db_now()}
        await session.execute(insert(session, ConnectionRow).values({**ids, **connection}))
        row = {
            "sealed": secrets.of(tenant_id, connection_id).seal("token", SecretStr("word")),
            "field": "token",
            "created_at": db_now(),
        }
        await session.execute(
            insert(session, SecretRow).values(tenant_id=tenant_id, connection_id=connection_id, **row)
        )


async def open_alarms(database: Database) -> list[tuple[str, str]]:
    async with database.reading.of_all_tenants() as session:
        query = select(AlarmRow.kind, AlarmRow.subject).where(AlarmRow.closed_at.is_(None))
        return [(row.kind, row.subject) for row in await session.execute(query)]


def secrets_of(*keys: str) -> Secrets:
    return Secrets([SecretStr(key) for key in keys])


async def test_keys_that_open_nothing_are_told_and_an_empty_installation_is_fine(database: Database) -> None:
    theirs, ours = new_key(), new_key()
    await KeyCheck(database, secrets_of(ours), SERVICE).check()
    await sealed(database, secrets_of(theirs))
    with pytest.raises(NotReady, match="no key of this process opens any of 1 stored secrets"):
        await KeyCheck(database, secrets_of(ours), SERVICE).check()
    await KeyCheck(database, secrets_of(ours, theirs), SERVICE).check()


async def test_a_key_that_is_missing_for_some_is_an_alarm_until_it_is_back(database: Database) -> None:
    lost, kept = new_key(), new_key()
    await sealed(database, secrets_of(lost))
    await sealed(database, secrets_of(kept))
    await KeyCheck(database, secrets_of(kept), SERVICE).check()
    assert await open_alarms(database) == [("secrets_unreadable", SERVICE)]
    await KeyCheck(database, secrets_of(kept, lost), SERVICE).check()
    assert await open_alarms(database) == []


async def test_a_part_that_fails_for_a_minute_has_an_alarm_until_it_answers(database: Database) -> None:
    now, trouble = [0.0], [True]

    async def broker() -> None:
        if trouble[0]:
            raise NotReady("the broker does not answer")

    parts = {"broker": broker}
    watch = PartsWatch(database, SERVICE, parts, CheckStates(parts, lambda: now[0]))
    await watch.run_once()
    assert await open_alarms(database) == []
    now[0] = 61.0
    await watch.run_once()
    await watch.run_once()
    ((kind, subject),) = await open_alarms(database)
    assert (kind, subject.partition("@")[0]) == ("service_part_failing", "ingest.broker")
    trouble[0] = False
    await watch.run_once()
    assert await open_alarms(database) == []


async def test_the_alarm_of_a_process_that_is_gone_is_closed_by_another(database: Database) -> None:
    async with database.sessions.of_all_tenants() as session:
        row = {"kind": "service_part_failing", "subject": "ingest.broker@gone", "evidence": {}}
        statement = insert(session, AlarmRow).values(alarm_id=uuid4(), created_at=db_now(-700.0), **row)
        await session.execute(statement)
    stop = asyncio.Event()
    stop.set()
    await PartsWatch(database, SERVICE, {}).run(stop)
    assert len(await open_alarms(database)) == 1
    await PartsWatch(database, SERVICE, {}).run_once()
    assert await open_alarms(database) == []
