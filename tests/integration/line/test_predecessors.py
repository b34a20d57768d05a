"""Each event names the one that its producer recorded before it for the same topic and key."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from common.db.engine import Database
from common.db.models.line import OutboxKeyRow, OutboxRow
from common.events.topics import API, INVOICE_WRITER, INVOICE_WRITER_COMMANDS
from common.inbox.accept import accept
from common.inbox.housekeeping import drop_payloads
from common.outbox.record import record
from common.outbox.relay import Relay
from common.settings import KafkaSettings
from common.transport.local import LocalTransport
from support.eventually import eventually
from support.inbox import (
    FAST_RELAY,
    database_time,
    inbox_rows,
    order,
    outbox_rows,
    put,
    running,
)
from support.kafka_line import has, transport
from support.topics import with_topics


async def named(db: Database) -> dict[UUID, UUID | None]:
    """What each row of the outbox names."""
    return {row.event_id: row.predecessor for row in await outbox_rows(db)}


async def test_each_event_names_the_one_before_it_within_a_transaction_and_across(database: Database) -> None:
    first, second, third, other = order("a"), order("a"), order("a"), order("b")
    await put(database, first, other, second)
    await put(database, third)
    assert await named(database) == {
        first.event_id: None,
        other.event_id: None,
        second.event_id: first.event_id,
        third.event_id: second.event_id,
    }


async def test_two_producers_of_one_key_do_not_name_each_other(database: Database) -> None:
    ours, theirs, again = order("a"), order("a"), order("a")
    await put(database, ours)
    await put(database, theirs, producer=INVOICE_WRITER)
    await put(database, again)
    assert await named(database) == {
        ours.event_id: None,
        theirs.event_id: None,
        again.event_id: ours.event_id,
    }


async def test_topics_of_one_key_do_not_name_each_other(database: Database) -> None:
    other, again = order("a"), order("a")
    await put(database, other)
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(OutboxRow).values(topic=INVOICE_WRITER_COMMANDS.name))
    await put(database, again)
    assert (await named(database))[again.event_id] is None


async def test_a_fact_recorded_again_changes_nothing_for_those_after_it(database: Database) -> None:
    first, second, third = order("a"), order("a"), order("a")
    await put(database, first, second)
    await put(database, first, third)
    assert (await named(database))[third.event_id] == second.event_id
    assert (await named(database))[first.event_id] is None


async def test_a_key_idle_for_31_days_begins_anew(database: Database) -> None:
    first, second = order("a"), order("a")
    await put(database, first)
    old = await database_time(database) - timedelta(days=31)
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(OutboxRow).values(sent_at=old))
        await session.execute(update(OutboxKeyRow).values(touched_at=old))
    async with database.sessions.of_all_tenants() as session:
        assert await drop_payloads(session, API) == 2
    await put(database, second)
    assert (await named(database))[second.event_id] is None


async def test_writers_of_one_key_at_once_make_one_chain(postgres: Database) -> None:
    async def write(number: int) -> None:
        async with postgres.sessions.of_all_tenants() as session:
            await record(session, API, order("a"))
            await asyncio.sleep(0.002 * (number % 3))

    await asyncio.gather(*(write(number) for number in range(30)))
    rows = await outbox_rows(postgres)
    assert [row.predecessor for row in rows] == [None, *(row.event_id for row in rows[:-1])]


async def test_the_name_arrives_in_the_inbox_and_a_row_sent_again_keeps_it(database: Database) -> None:
    first, second = order("a"), order("a")
    await put(database, first, second)
    relay = Relay(database, API, LocalTransport(database, accept), FAST_RELAY)
    await relay.run_once()
    async with database.sessions.of_all_tenants() as session:
        await session.execute(update(OutboxRow).values(sent_at=None))
    await relay.run_once()
    assert [row.predecessor for row in await inbox_rows(database)] == [None, first.event_id]


async def test_the_name_passes_a_broker(postgres: Database, real_kafka: str, topic_prefix: str) -> None:
    settings: KafkaSettings = await with_topics(real_kafka, topic_prefix)
    first, second = order("a"), order("a")
    await put(postgres, first, second)
    one = transport(settings, postgres)
    async with running(one, Relay(postgres, API, one, FAST_RELAY)):
        await eventually(lambda: has(postgres, 2), within=30)
    rows = await inbox_rows(postgres)
    assert [row.predecessor for row in rows] == [None, first.event_id]
    assert rows[1].headers == second.headers()
