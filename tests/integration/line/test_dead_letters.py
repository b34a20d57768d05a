"""A message nobody can process holds back its own key only, until a person replays or discards it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Integer, cast, select
from sqlalchemy.exc import IntegrityError

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow
from common.domain.alarms import AlarmKind
from common.errors import ConnectorError, InvalidMessageError, TransientError
from common.events.commands import DiscardIngestDeadLetter, FetchOrder, ReplayIngestDeadLetter
from common.inbox.dead_letters import command_routes, discard, replay
from common.inbox.halting import DeadLetterLimitReached
from common.inbox.messages import Done, Message, RawMessage
from common.inbox.routes import Route
from common.inbox.worker import Worker
from support.eventually import eventually
from support.inbox import (
    CONNECTION,
    CONSUMER,
    FAST,
    TENANT,
    Recorder,
    deliver,
    inbox_rows,
    inbox_states,
    incoming,
    key_rows,
    order,
    running,
    worker,
)

OTHER = UUID(int=99)


async def invalid(message: Message) -> Done | Exception:
    """Nobody can process the order named bad."""
    return InvalidMessageError("no such field") if "bad" in message.ordering_key else Done()


async def letters(db: Database) -> list[DeadLetterRow]:
    """Every dead letter."""
    async with db.reading.of_all_tenants() as session:
        return list(await session.scalars(select(DeadLetterRow).order_by(DeadLetterRow.created_at)))


async def test_a_dead_message_holds_back_its_own_key_only(database: Database) -> None:
    await deliver(database, order("bad"), order("bad"), order("good"))
    recorder = Recorder(invalid)
    await worker(database, recorder).run_until_idle()
    assert recorder.handled == ["good"]
    assert await inbox_states(database) == ["dead", "ready", "done"]
    (letter,) = await letters(database)
    assert (letter.state, letter.attempts, letter.tenant_id) == ("kept", 1, TENANT)
    assert letter.error == "connector.invalid_message: no such field"


async def test_a_payload_that_is_no_event_dies_at_once(database: Database) -> None:
    await deliver(database, incoming(order("a"), payload=b'{"order_id": "secret name"'))
    seen: list[Message | RawMessage] = []

    async def on_dead(_: object, message: Message | RawMessage, __: Exception) -> None:
        seen.append(message)

    await worker(database, Recorder(), on_dead=on_dead).run_until_idle()
    (letter,) = await letters(database)
    assert "event.malformed" in letter.error
    assert "secret name" not in letter.error
    assert isinstance(seen[0], RawMessage)


async def test_an_unexplained_error_is_fatal_after_its_tries(database: Database) -> None:
    async def answer(_: Message) -> Exception:
        return ZeroDivisionError()

    await deliver(database, order("a"))
    recorder = Recorder(answer)
    await worker(database, recorder, FAST.model_copy(update={"max_attempts": 3})).run_until_idle()
    assert len(recorder.messages) == 3
    assert [letter.attempts for letter in await letters(database)] == [3]


async def test_what_the_service_notes_and_the_letter_are_one_transaction(database: Database) -> None:
    await deliver(database, order("bad"))

    async def on_dead(session: Any, message: Message | RawMessage, _: Exception) -> None:
        (letter,) = (await session.scalars(select(DeadLetterRow))).all()
        assert letter.inbox_id == message.inbox_id
        letter.error = "noted"

    await worker(database, Recorder(invalid), on_dead=on_dead).run_until_idle()
    assert [letter.error for letter in await letters(database)] == ["noted"]


@pytest.mark.parametrize("error", [LookupError(), IntegrityError("INSERT", {}, Exception("there already"))])
async def test_a_service_that_cannot_note_it_still_has_the_letter(
    database: Database, error: Exception
) -> None:
    await deliver(database, order("bad"))

    async def on_dead(*_: object) -> None:
        raise error

    await worker(database, Recorder(invalid), on_dead=on_dead).run_until_idle()
    assert await inbox_states(database) == ["dead"]
    assert len(await letters(database)) == 1


async def test_a_replayed_message_is_tried_from_the_beginning_and_its_key_goes_on(database: Database) -> None:
    await deliver(database, order("bad"), order("bad"))
    await worker(database, Recorder(invalid)).run_until_idle()
    (letter,) = await letters(database)
    async with database.sessions.of_all_tenants() as session:
        assert await replay(session, CONSUMER, letter.dead_letter_id)
    async with database.sessions.of_all_tenants() as session:
        assert not await replay(session, CONSUMER, letter.dead_letter_id)
        assert not await discard(session, CONSUMER, letter.dead_letter_id)
    repaired = Recorder()
    await worker(database, repaired).run_until_idle()
    assert [message.attempts for message in repaired.messages] == [0, 0]
    assert await inbox_states(database) == ["done", "done"]
    assert [letter.state for letter in await letters(database)] == ["replayed"]


async def test_a_discarded_message_lets_its_key_go_on(database: Database) -> None:
    await deliver(database, order("bad"), order("bad"))
    await worker(database, Recorder(invalid)).run_until_idle()
    (letter,) = await letters(database)
    async with database.sessions.of_all_tenants() as session:
        assert not await discard(session, "invoice-writer", letter.dead_letter_id)
        assert await discard(session, CONSUMER, letter.dead_letter_id)
    repaired = Recorder()
    await worker(database, repaired).run_until_idle()
    assert await inbox_states(database) == ["discarded", "done"]
    assert await key_rows(database) == []


@pytest.mark.parametrize(
    ("command", "states"),
    [(ReplayIngestDeadLetter, ["done", "done"]), (DiscardIngestDeadLetter, ["discarded", "done"])],
)
async def test_a_command_replays_or_discards(
    database: Database, command: type[Any], states: list[str]
) -> None:
    await deliver(database, order("bad"), order("bad"))
    await worker(database, Recorder(invalid)).run_until_idle()
    (letter,) = await letters(database)
    recorder = Recorder()
    routes = [Route(FetchOrder, recorder), *command_routes(database, CONSUMER, lambda: None)]
    event = command(
        tenant_id=TENANT,
        connection_id=CONNECTION,
        command_id=letter.dead_letter_id,
        dead_letter_id=letter.dead_letter_id,
    )
    await deliver(database, event)
    await Worker(database, CONSUMER, routes, FAST).run_until_idle()
    assert await inbox_states(database) == [*states, "done"]


async def test_dead_letters_of_one_merchant_halt_this_merchant_alone(database: Database) -> None:
    settings = FAST.model_copy(update={"dead_letter_limit": 3, "concurrency": 1, "claim_batch": 1})
    await deliver(database, *(order(f"bad{number}") for number in range(12)))
    first = worker(database, Recorder(invalid), settings)
    async with running(first):
        await eventually(lambda: halted(database, [TENANT]))
        await deliver(database, order("good", tenant=OTHER))
        await eventually(lambda: has_done(database, "good"))
    await first.check()
    assert (await inbox_states(database)).count("ready") >= 5


async def test_a_halted_merchant_goes_on_once_the_letters_are_closed(database: Database) -> None:
    settings = FAST.model_copy(update={"dead_letter_limit": 1, "concurrency": 1, "claim_batch": 1})
    await deliver(database, *(order(f"bad{number}") for number in range(3)))
    async with running(worker(database, Recorder(invalid), settings)):
        await eventually(lambda: halted(database, [TENANT]))
    async with database.sessions.of_all_tenants() as session:
        for letter in await letters(database):
            assert await discard(session, CONSUMER, letter.dead_letter_id)
    repaired = worker(database, Recorder(), settings)
    await repaired.run_until_idle()
    assert await halted(database, [])


async def test_too_many_dead_letters_of_several_merchants_stop_the_worker_until_a_restart(
    database: Database,
) -> None:
    settings = FAST.model_copy(update={"dead_letter_limit": 3, "concurrency": 1, "claim_batch": 1})
    tenants = [UUID(int=number) for number in range(1, 7)]
    await deliver(
        database, *(order(f"bad{tenant}{number}", tenant=tenant) for tenant in tenants for number in range(2))
    )
    first = worker(database, Recorder(invalid), settings)
    await first.check()
    async with running(first):
        await eventually(lambda: stopped(first))
        await eventually(lambda: alarmed(database))
    assert 4 <= (await inbox_states(database)).count("dead") <= 9
    repaired = Recorder()
    await worker(database, repaired, settings).run_until_idle()
    assert "ready" not in await inbox_states(database)
    assert await alarmed(database)
    async with database.sessions.of_all_tenants() as session:
        for letter in await letters(database):
            assert await discard(session, CONSUMER, letter.dead_letter_id)
    await worker(database, repaired, settings).run_until_idle()
    assert not await alarmed(database)


async def alarmed(db: Database) -> bool:
    """Whether operators are told that the worker stands."""
    query = select(AlarmRow.tenant_id, AlarmRow.subject).where(
        AlarmRow.kind == AlarmKind.WORKER_HALTED.value, AlarmRow.closed_at.is_(None)
    )
    async with db.reading.of_all_tenants() as session:
        return [tuple(row) for row in (await session.execute(query)).all()] == [(None, CONSUMER)]


async def halted(db: Database, tenants: list[UUID]) -> bool:
    """Whether just these merchants are named by an open alarm."""
    query = select(AlarmRow.tenant_id).where(
        AlarmRow.kind == AlarmKind.TENANT_HALTED.value, AlarmRow.closed_at.is_(None)
    )
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all()) == tenants


async def has_done(db: Database, key: str) -> bool:
    """Whether the message of this key was worked."""
    return [row.state for row in await inbox_rows(db) if row.ordering_key.endswith(key)] == ["done"]


async def stopped(one: Worker) -> bool:
    """Whether the worker says that it stopped for good."""
    try:
        await one.check()
    except DeadLetterLimitReached:
        return True
    return False


async def test_what_the_database_can_never_take_is_a_message_nobody_can_process(postgres: Database) -> None:
    async def answer(message: Message) -> Done:
        async with postgres.sessions.of_all_tenants() as session:
            await session.execute(select(cast("word", Integer)))
        return Done()

    await deliver(postgres, order("word"))
    recorder = Recorder(answer)
    await worker(postgres, recorder, FAST.model_copy(update={"max_attempts": 2})).run_until_idle()
    assert len(recorder.messages) == 2
    assert await inbox_states(postgres) == ["dead"]
    assert [letter.error for letter in await letters(postgres)] == ["DBAPIError: 22000"]


@pytest.mark.parametrize("error", [InvalidMessageError, TransientError])
async def test_an_error_that_quotes_what_no_database_stores_is_kept_without_it(
    database: Database, error: type[ConnectorError]
) -> None:
    tries = 0

    async def answer(_: Message) -> Done | Exception:
        nonlocal tries
        tries += 1
        return error("half \ud83d and\x00nothing") if tries == 1 else Done()

    await deliver(database, order("a"))
    await worker(database, Recorder(answer)).run_until_idle()
    kept = [letter.error for letter in await letters(database)]
    kept += [row.last_error for row in await inbox_rows(database) if row.last_error]
    assert set(kept) == {f"{error.code}: half  andnothing"}
