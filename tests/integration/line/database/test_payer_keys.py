"""The key for a merchant's payers: made once whoever asks, sealed, and the same for all."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import event, func, insert, select

from common.db.engine import Database, open_database
from common.db.models.effects import TenantSecretRow
from common.db.payer_keys import PAYER_KEY, PayerKeys
from common.db.secrets import Secrets, new_key, sealed_by_key
from common.domain.buyers import PayerKey
from common.settings import DatabaseSettings

OLD, NEW = SecretStr(new_key()), SecretStr(new_key())
TENANT, OTHER = UUID(int=1), UUID(int=2)
PROCESSES = 6


def keys_of(db: Database, *keys: SecretStr) -> PayerKeys:
    """The keys as a process finds them that was just started."""
    return PayerKeys(db, Secrets(keys or (OLD,)))


async def key_of(keys: PayerKeys, tenant_id: UUID = TENANT) -> PayerKey | None:
    """The key of one tenant."""
    return (await keys.get([tenant_id]))[tenant_id]


async def count(db: Database) -> int:
    """How many keys are stored."""
    async with db.reading.of_all_tenants() as session:
        return (await session.execute(select(func.count()).select_from(TenantSecretRow))).scalar_one()


@pytest.fixture
async def processes(database: Database, database_url: str) -> AsyncIterator[list[Database]]:
    """Several processes at the same database."""
    several = [open_database(DatabaseSettings(url=database_url)) for _ in range(PROCESSES)]
    yield several
    for one in several:
        await one.close()


async def test_a_tenant_has_one_key_of_its_own_which_the_next_process_finds(database: Database) -> None:
    keys = keys_of(database)
    found = await keys.get([TENANT, OTHER])
    assert found[TENANT] is not None
    assert found[TENANT] != found[OTHER]
    assert await key_of(keys_of(database)) == found[TENANT]
    assert await count(database) == 2


async def test_of_many_processes_that_need_the_key_at_once_all_have_the_same(
    database: Database, processes: list[Database]
) -> None:
    found = await asyncio.gather(*(key_of(keys_of(one)) for one in processes))
    assert None not in found
    assert len({key.value.get_secret_value() for key in found if key is not None}) == 1
    assert await count(database) == 1


async def test_who_comes_second_while_the_first_one_is_writing_takes_the_first_ones(
    database: Database, processes: list[Database]
) -> None:
    first, second = SecretStr(new_key()), SecretStr(new_key())
    mine = Secrets([OLD]).of_tenant(TENANT)

    async def late() -> SecretStr:
        async with processes[0].sessions.of(TENANT) as session:
            return await mine.make_once(session, PAYER_KEY, second)

    async with database.sessions.of(TENANT) as session:
        kept = await mine.make_once(session, PAYER_KEY, first)
        waiting = asyncio.create_task(late())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert (kept, await waiting) == (first, first)


async def test_a_crash_before_the_commit_leaves_no_key_and_one_after_it_no_second(database: Database) -> None:
    lost = SecretStr(new_key())

    async def crash() -> None:
        async with database.sessions.of(TENANT) as session:
            await Secrets([OLD]).of_tenant(TENANT).make_once(session, PAYER_KEY, lost)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await crash()
    assert await count(database) == 0
    made = await key_of(keys_of(database))
    assert made is not None
    assert made.value != lost
    assert await key_of(keys_of(database)) == made


async def test_the_key_outlives_a_new_encryption_key(database: Database) -> None:
    made = await key_of(keys_of(database, OLD))
    assert await key_of(keys_of(database, NEW, OLD)) == made
    async with database.reading.of_queues() as session:
        assert sum((await sealed_by_key(session)).values()) == 1


async def test_a_key_that_cannot_be_opened_stops_nothing_and_is_made_no_second_time(
    database: Database,
) -> None:
    made = await key_of(keys_of(database, OLD))
    with structlog.testing.capture_logs() as logs:
        strange = keys_of(database, NEW)
        assert [await key_of(strange), await key_of(strange)] == [None, None]
    assert [one["event"] for one in logs] == ["payer_key.unreadable"]
    assert await key_of(keys_of(database, OLD)) == made


async def test_a_row_copied_to_another_tenant_opens_nothing(database: Database) -> None:
    await key_of(keys_of(database))
    stranger = uuid4()
    async with database.sessions.of_all_tenants() as session:
        sealed = (await session.scalars(select(TenantSecretRow.sealed))).one()
        copied = {"tenant_id": stranger, "field": PAYER_KEY, "sealed": sealed}
        await session.execute(insert(TenantSecretRow).values(copied))
    assert await key_of(keys_of(database), stranger) is None


async def test_a_key_is_read_once_and_neither_stored_nor_logged_in_the_clear(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, statements = keys_of(database), []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda *args: statements.append(f"{args[2]} {args[3]}"),
    )
    made = await key_of(keys)
    assert made is not None
    asked = len(statements)
    assert asked > 0
    assert await key_of(keys) == made
    assert len(statements) == asked
    said = "".join(statements) + "".join(capsys.readouterr()) + repr(made) + str(made)
    assert made.value.get_secret_value() not in said
