"""Messages that wait for a connection: one tries, and after its success all go within seconds."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from common.db.breakers import CallKind, close_breaker, count_trouble, open_breaker
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.effects import BreakerRow
from common.db.models.line import InboxKeyRow
from common.domain.stored_words import Lane
from common.inbox import waiting as waiting_module
from common.inbox.messages import Done, Later, Message
from common.inbox.waiting import Waiting
from support.eventually import eventually
from support.inbox import (
    CONNECTION,
    CONSUMER,
    TENANT,
    Recorder,
    clock_moves_on,
    deliver,
    key_rows,
    order,
    running,
    worker,
)

WRITES = CallKind(TENANT, CONNECTION, "vouchers.write")
SECOND = timedelta(seconds=1)
READS = CallKind(TENANT, CONNECTION, "voucherlist.read")


async def nothing_new() -> None:
    """No other process found out anything."""


def waiting(db: Database, wake: Any = lambda: None, answered: asyncio.Event | None = None) -> Waiting:
    """What frees the messages of the test consumer."""
    return Waiting(db, CONSUMER, learn=nothing_new, wake=wake, answered=answered or asyncio.Event())


async def rest(db: Database, place: CallKind = WRITES, *, pause: float = 60.0, denied: bool = False) -> None:
    """Such calls rest for so long."""
    async with db.sessions.of_all_tenants() as session:
        await count_trouble(session, place, "no answer", "rights" if denied else None)
        await open_breaker(session, place, pause, denied=denied)


async def answer(db: Database, place: CallKind = WRITES) -> None:
    """Such a call was answered."""
    async with db.sessions.of_all_tenants() as session:
        await close_breaker(session, place)


async def all_wait(db: Database, place: CallKind = WRITES) -> None:
    """Every open key waits for the breaker."""
    async with db.sessions.of_all_tenants() as session:
        values = {"due_at": None, "waits_for": place.breaker_id}
        await session.execute(update(InboxKeyRow).values(**values))


async def due(db: Database) -> list[str]:
    """The orders whose keys are due now, in the order of their keys."""
    query = (
        select(InboxKeyRow.ordering_key)
        .where(InboxKeyRow.due_at <= db_now(), InboxKeyRow.waits_for.is_(None))
        .order_by(InboxKeyRow.ordering_key)
    )
    async with db.reading.of_all_tenants() as session:
        return [key.rsplit(":", 1)[-1] for key in await session.scalars(query)]


async def deliver_one_by_one(db: Database, *names: str, lane: Lane = Lane.LIVE) -> None:
    """Orders that came one after the other, all of them waiting."""
    for name in names:
        await deliver(db, order(name, lane=lane))


async def test_what_waits_is_worked_by_nobody_and_holds_no_time(database: Database) -> None:
    async def rests(_: Message) -> Later:
        return Later(SECOND, "rests", WRITES.breaker_id)

    recorder = Recorder(rests)
    await rest(database)
    await deliver(database, order("a"), order("b"))
    await worker(database, recorder).run_until_idle()
    assert {(row.due_at, row.waits_for) for row in await key_rows(database)} == {(None, WRITES.breaker_id)}
    assert await waiting(database).run_once() == 0
    assert await waiting(database).count() == 2
    assert len(recorder.messages) == 2


async def test_after_its_pause_one_tries_and_no_other_beside_it(database: Database) -> None:
    await deliver_one_by_one(database, "a", "b", "c")
    await rest(database, pause=-1.0)
    await all_wait(database)
    freeing = waiting(database)
    assert await freeing.run_once() == 1
    await clock_moves_on(database)
    assert len(await due(database)) == 1
    assert await freeing.run_once() == 0


async def test_it_is_not_the_same_one_that_tries_each_time(database: Database) -> None:
    await deliver_one_by_one(database, *"abcdef")
    await rest(database, pause=-1.0)
    tried: Counter[str] = Counter()
    for _ in range(40):
        await all_wait(database)
        await waiting(database).run_once()
        await clock_moves_on(database)
        tried.update(await due(database))
    assert sum(tried.values()) == 40
    assert len(tried) > 1


async def test_an_answer_writes_the_row_of_the_breaker_and_no_other(database: Database) -> None:
    await deliver_one_by_one(database, "a", "b", "c")
    await rest(database)
    await all_wait(database)
    written: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("UPDATE", "DELETE", "INSERT")):
            written.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await answer(database)
    event.remove(engine, "before_cursor_execute", note)
    assert not [one for one in written if "inbox" in one]
    async with database.reading.of_all_tenants() as session:
        assert (await session.scalars(select(BreakerRow))).all() == []
    assert {row.waits_for for row in await key_rows(database)} == {WRITES.breaker_id}
    assert await waiting(database).run_once() == 3
    await clock_moves_on(database)
    assert await due(database) == ["a", "b", "c"]


async def test_the_oldest_go_first_live_ones_before_history_in_portions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_module, "PORTION", 2)
    await deliver_one_by_one(database, "h3", "h1", "h2", lane=Lane.HISTORY)
    await deliver_one_by_one(database, "z", "y", "x")
    await all_wait(database)  # for a breaker that is closed by now
    freeing = waiting(database)
    assert await freeing.run_once() == 4  # two of each lane
    await clock_moves_on(database)
    assert await due(database) == ["h1", "h3", "y", "z"]
    assert await freeing.run_once() == 0  # those are not worked yet
    await worker(database, Recorder()).run_until_idle()
    assert await freeing.run_once() == 2
    await clock_moves_on(database)
    assert await due(database) == ["h2", "x"]


async def test_those_that_wait_for_other_calls_of_the_connection_are_left_to_them(database: Database) -> None:
    await deliver_one_by_one(database, "a")
    await rest(database, READS)
    await all_wait(database, READS)
    await rest(database)
    await answer(database)
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(BreakerRow).values(retry_at=db_now(60.0)))
    assert await waiting(database).run_once() == 0
    await answer(database, READS)
    assert await waiting(database).run_once() == 1


async def test_the_first_answer_after_an_outage_lets_the_other_calls_be_tried_at_once(
    database: Database,
) -> None:
    await deliver_one_by_one(database, "a")
    await rest(database, WRITES)
    await rest(database, READS)
    await all_wait(database)
    assert await waiting(database).run_once() == 0
    await answer(database, READS)
    assert await waiting(database).run_once() == 1


async def test_each_is_told_where_access_is_gone(database: Database) -> None:
    await deliver_one_by_one(database, "a", "b")
    await rest(database, denied=True)
    await all_wait(database)
    assert await waiting(database).run_once() == 2


async def test_all_that_waited_is_done_within_seconds_of_the_first_success(database: Database) -> None:
    """The connection comes back while everything waits: the one that tries wakes the others."""
    state: dict[str, Any] = {"is_back": False, "tries": 0}
    answered = asyncio.Event()

    async def ask(_: Message) -> Done | Later:
        state["tries"] += 1
        if state["is_back"]:
            await answer(database)
            answered.set()
            return Done()
        await rest(database, pause=0.2)
        return Later(SECOND, "rests", WRITES.breaker_id)

    recorder = Recorder(ask)
    await deliver(database, *(order(f"o{number}") for number in range(250)))
    working = worker(database, recorder)
    async with running(working, waiting(database, working.wake, answered)):
        await eventually(lambda: _waits(database, 249), within=30)
        state["is_back"] = True
        await eventually(lambda: len(recorder.handled) == 250, within=30)  # one at each pause takes 50 s


async def _waits(db: Database, count: int) -> bool:
    return await waiting(db).count() >= count
