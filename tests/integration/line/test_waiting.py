"""What waited for a connection is freed a portion at a time, however much it is."""

import asyncio
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.line import InboxKeyRow
from common.inbox import waiting
from common.inbox.waiting import Waiting
from support.inbox import CONSUMER, deliver, order

KEYS = table(InboxKeyRow)


async def nothing_new() -> None:
    """No other process found out anything."""


def freeing(db: Database) -> Waiting:
    """Frees what waits in the inbox of the tests."""
    return Waiting(db, CONSUMER, learn=nothing_new, wake=lambda: None, answered=asyncio.Event())


async def many_wait(db: Database, count: int) -> UUID:
    """So many messages of one merchant wait for a connection that answers again."""
    tenant_id, connection_id = uuid4(), uuid4()
    await deliver(db, *(order(f"w{number}", tenant=tenant_id) for number in range(count)))
    async with db.sessions.of_all_tenants() as session:
        await session.execute(update(KEYS).values(due_at=None, waits_for=connection_id))
    return connection_id


async def freed(db: Database) -> int:
    """How many do not wait for the connection any more."""
    async with db.reading.of_all_tenants() as session:
        return await session.scalar(select(func.count()).where(KEYS.c.waits_for.is_(None))) or 0


async def postpone(db: Database, seconds: float) -> None:
    """Whoever was freed found no slot of the rate limit, and tries again after so long."""
    async with db.sessions.of_all_tenants() as session:
        free = update(KEYS).where(KEYS.c.waits_for.is_(None))
        await session.execute(free.values(due_at=db_now(seconds)))


async def test_no_more_than_a_portion_is_free_while_it_waits_for_the_rate_limit(database: Database) -> None:
    await many_wait(database, 350)
    for _ in range(4):
        await freeing(database).run_once()
        await postpone(database, 2.0)
    assert await freed(database) == waiting.PORTION


async def test_next_ones_are_freed_as_the_first_are_done(database: Database) -> None:
    await many_wait(database, 250)
    for done in (1, 2):
        await freeing(database).run_once()
        assert await freed(database) == waiting.PORTION
        async with database.sessions.of_all_tenants() as session:
            await session.execute(KEYS.delete().where(KEYS.c.waits_for.is_(None)))
        assert await freeing(database).count() == 250 - done * waiting.PORTION
    assert await freeing(database).run_once() == 50
