"""What is recorded is published after its commit, in commit order per key, by whichever relay lives."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import update

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.line import InboxRow, OutboxKeyRow, OutboxRow, RelaySlotRow
from common.events.topics import API
from common.inbox.accept import accept
from common.inbox.housekeeping import Housekeeping, drop_payloads
from common.outbox.record import SLOTS, record, slot_of
from common.outbox.relay import Relay
from common.settings import RelaySettings
from common.transport.base import Outgoing, Published, Publishes, TransportUnavailable
from common.transport.local import LocalTransport
from support.eventually import eventually
from support.inbox import (
    CONSUMER,
    FAST_RELAY,
    database_time,
    inbox_rows,
    order,
    outbox_rows,
    put,
    received,
    running,
)


class Remembering:
    """A transport that keeps what it was given, refuses some keys and breaks when told."""

    def __init__(self, *, refuses: str = "never") -> None:
        self.rows: list[Outgoing] = []
        self.asked: list[str] = []
        self.refuses, self.broken = refuses, False

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Take every row but those of refused keys; of these the first is refused and the rest not tried."""
        if self.broken:
            raise TransportUnavailable("away")
        self.asked += [row.ordering_key for row in batch]
        taken = [row for row in batch if self.refuses not in row.ordering_key]
        self.rows += taken
        refused = {
            row.ordering_key: row.outbox_id for row in reversed(batch) if self.refuses in row.ordering_key
        }
        return Published([row.outbox_id for row in taken], dict.fromkeys(refused.values(), "too large"))


def relay(db: Database, transport: Publishes, settings: RelaySettings = FAST_RELAY) -> Relay:
    """A relay of the api's outbox."""
    return Relay(db, API, transport, settings)


async def test_nothing_is_published_of_a_transaction_that_failed(database: Database) -> None:
    transport = Remembering()
    async with database.sessions.of_all_tenants() as session:
        await record(session, API, order("a"))
        await session.rollback()
    assert await relay(database, transport).run_once() == 0


async def test_a_backlog_in_some_slots_holds_up_no_other_slot(database: Database) -> None:
    keys: dict[int, str] = {}
    for number in range(1000):
        keys.setdefault(slot_of(order(f"k{number}").ordering_key), f"k{number}")
    assert len(keys) == SLOTS
    for _ in range(3):
        await put(database, *(order(key) for key in keys.values()))
    transport = Remembering()
    one = relay(database, transport, FAST_RELAY.model_copy(update={"batch": SLOTS // 2}))
    for _ in range(2):
        await one.run_once()
    assert len({row.ordering_key for row in transport.rows}) == SLOTS


async def test_the_same_fact_is_recorded_once(database: Database) -> None:
    event = order("a")
    await put(database, event, event)
    await put(database, event)
    assert [row.event_id for row in await outbox_rows(database)] == [event.event_id]


async def test_ids_within_a_key_follow_the_order_of_commits(postgres: Database) -> None:
    """The second writer of a key begins first to record other facts, and still comes behind the first."""
    early, late, other = order("a"), order("a"), order("b")
    first_recorded, second_begun = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with postgres.sessions.of_all_tenants() as session:
            await record(session, API, early)
            first_recorded.set()
            await second_begun.wait()
            await asyncio.sleep(0.1)

    async def second() -> None:
        await first_recorded.wait()
        async with postgres.sessions.of_all_tenants() as session:
            await record(session, API, other)
            second_begun.set()
            await record(session, API, late)

    await asyncio.gather(first(), second())
    rows = {row.event_id: row for row in await outbox_rows(postgres)}
    assert rows[early.event_id].outbox_id < rows[late.event_id].outbox_id
    assert rows[early.event_id].created_at < rows[late.event_id].created_at


async def test_writers_of_one_key_are_published_in_commit_order_while_the_relay_runs(
    postgres: Database,
) -> None:
    committed: list[str] = []
    transport = Remembering()

    async def write(number: int) -> None:
        event = order("a")
        async with postgres.sessions.of_all_tenants() as session:
            await record(session, API, event)
            await asyncio.sleep(0.002 * (number % 3))
            committed.append(str(event.event_id))

    async with running(relay(postgres, transport)):
        await asyncio.gather(*(write(number) for number in range(40)))
        await eventually(lambda: len(transport.rows) == 40)
    assert [str(row.event_id) for row in transport.rows] == committed


async def test_a_refused_row_holds_back_its_own_key_and_shows_why(database: Database) -> None:
    slot = slot_of(order("poison").ordering_key)
    neighbour = next(
        f"n{number}" for number in range(999) if slot_of(order(f"n{number}").ordering_key) == slot
    )
    await put(database, order("poison"), order("poison"), order(neighbour))
    transport = Remembering(refuses="poison")
    one = relay(database, transport, FAST_RELAY.model_copy(update={"refused_retry_seconds": 600.0}))
    assert await one.run_once() == 1
    transport.asked.clear()
    await put(database, order(neighbour))
    assert await one.run_once() == 1
    assert transport.asked == [order(neighbour).ordering_key]
    assert [row.last_error for row in await outbox_rows(database)] == ["too large", None, None, None]
    transport.refuses = "never"
    async with database.sessions.of_all_tenants() as session:
        refused = update(OutboxRow).where(OutboxRow.retry_at.is_not(None))
        await session.execute(refused.values(retry_at=db_now(-0.1)))
    async with running(one):
        await eventually(lambda: len(transport.rows) == 4)
    assert [row.last_error for row in await outbox_rows(database)] == [None] * 4


async def test_a_dead_relays_slots_are_taken_over_after_its_lease(database: Database) -> None:
    await put(database, order("a"))
    await lease_every_slot(database, 600.0)
    transport = Remembering()
    survivor = relay(database, transport)
    assert await survivor.run_once() == 0
    await lease_every_slot(database, -0.1)
    assert await survivor.run_once() == 1


async def test_a_round_that_failed_gives_its_slots_back(database: Database) -> None:
    await put(database, order("a"))
    transport = Remembering()
    one = relay(database, transport)
    transport.broken = True
    with pytest.raises(TransportUnavailable):
        await one.run_once()
    transport.broken = False
    assert await relay(database, transport).run_once() == 1


async def test_relays_side_by_side_publish_each_row_once(database: Database) -> None:
    transport = Remembering()
    events = [order(f"k{number}") for number in range(120)]
    async with running(relay(database, transport), relay(database, transport)):
        for start in range(0, 120, 10):
            await put(database, *events[start : start + 10])
        await eventually(lambda: len(transport.rows) >= 120)
        await asyncio.sleep(0.1)
    assert sorted(str(row.event_id) for row in transport.rows) == sorted(
        str(event.event_id) for event in events
    )


async def test_a_wake_publishes_before_the_next_poll(database: Database) -> None:
    transport = LocalTransport(database, accept)
    slow = Relay(database, API, transport, FAST_RELAY.model_copy(update={"idle_poll_seconds": 60.0}))
    async with running(slow):
        await asyncio.sleep(0.1)
        event = order("a")
        await put(database, event)
        slow.wake()
        await eventually(lambda: has(database, event.event_id), within=5)


async def test_a_row_carries_the_trace_it_was_recorded_in(database: Database) -> None:
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("request") as span:
        await put(database, order("a"))
    (row,) = await outbox_rows(database)
    assert row.headers["traceparent"].split("-")[1] == trace.format_trace_id(span.get_span_context().trace_id)


async def test_old_payloads_go_and_their_ids_stay(database: Database) -> None:
    event, open_event = order("a"), order("b")
    await put(database, event)
    transport = LocalTransport(database, accept)
    await relay(database, transport).run_once()
    await put(database, open_event)
    await relay(database, transport).run_once()
    old = await database_time(database) - timedelta(days=31)
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(OutboxRow).values(sent_at=old))
        await session.execute(update(OutboxKeyRow).values(touched_at=old))
        finished = update(InboxRow).where(InboxRow.event_id == event.event_id)
        await session.execute(finished.values(done_at=old, state="done"))
    async with running(Housekeeping(database, CONSUMER), Housekeeping(database, API)):
        await eventually(lambda: emptied(database))
    payloads = {row.event_id: row.payload for row in await inbox_rows(database)}
    assert payloads[event.event_id] is None
    assert payloads[open_event.event_id] is not None
    async with database.sessions.of_all_tenants() as session:
        assert await drop_payloads(session, CONSUMER) == 0
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(OutboxRow).values(sent_at=None, payload=b"{}"))
    await relay(database, transport).run_once()
    assert len(await received(database)) == 2


async def lease_every_slot(db: Database, seconds: float) -> None:
    """Lease every slot to a relay that is gone, until so many seconds from now."""
    async with db.sessions.of_all_tenants() as session:
        leased = insert(session, RelaySlotRow).values(
            producer=API, lease_token=uuid4(), lease_until=db_now(seconds)
        )
        taken = leased.on_conflict_do_update(
            index_elements=["producer", "slot"], set_={"lease_until": leased.excluded.lease_until}
        )
        await session.execute(taken, [{"slot": slot} for slot in range(SLOTS)])


async def has(db: Database, event_id: UUID) -> bool:
    """Whether the event is in the inbox."""
    return event_id in await received(db)


async def emptied(db: Database) -> bool:
    """Whether no row of the outbox has a payload any more."""
    return all(row.payload is None for row in await outbox_rows(db))
