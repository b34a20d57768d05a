"""No tenant waits for another one's backlog, and no backlog is forgotten for fresh messages."""

from uuid import UUID, uuid4

from common.db.engine import Database
from common.domain.stored_words import Lane, MessageState
from common.inbox.claim import ClaimRequest, claim
from common.inbox.finish import Finished, finish
from common.inbox.messages import RawMessage
from support.inbox import CONSUMER, FAST, Recorder, clock_moves_on, deliver, order, worker

ONE_BY_ONE = FAST.model_copy(update={"concurrency": 1, "claim_batch": 4})


async def served(db: Database, limit: int, quota: int = 0) -> list[RawMessage]:
    """Claim once and finish what was claimed, later than whatever was done before."""
    await clock_moves_on(db)
    wanted = ClaimRequest(CONSUMER, limit, quota, uuid4(), 60.0)
    async with db.sessions.of_all_tenants() as session:
        messages = await claim(session, wanted)
    async with db.sessions.of_all_tenants() as session:
        await finish(
            session, CONSUMER, [Finished(message, wanted.token, MessageState.DONE) for message in messages]
        )
    return messages


async def test_a_tenant_with_one_message_does_not_wait_for_one_with_two_thousand(database: Database) -> None:
    big, small = uuid4(), uuid4()
    await deliver(database, *(order(f"big{number}", tenant=big) for number in range(2000)))
    await deliver(database, order("small", tenant=small))
    messages = await served(database, 4)
    assert small in {message.tenant_id for message in messages[:4]} or small in {
        message.tenant_id for message in await served(database, 4)
    }


async def test_tenants_take_turns(database: Database) -> None:
    tenants = [uuid4() for _ in range(6)]
    for tenant in tenants:
        await deliver(database, *(order(f"{tenant}{number}", tenant=tenant) for number in range(9)))
    turns: list[UUID] = []
    for _ in range(6):
        turns += [message.tenant_id for message in await served(database, 3)]
    assert {tenant: turns.count(tenant) for tenant in tenants} == dict.fromkeys(tenants, 3)


async def test_one_tenant_alone_gets_everything(database: Database) -> None:
    await deliver(database, *(order(f"k{number}") for number in range(20)))
    assert len(await served(database, 16)) == 16


async def test_live_goes_first_and_history_keeps_its_share(database: Database) -> None:
    await deliver(database, *(order(f"h{number}", lane=Lane.HISTORY) for number in range(60)))
    await deliver(database, *(order(f"l{number}", lane=Lane.LIVE) for number in range(60)))
    recorder = Recorder()
    await worker(database, recorder, ONE_BY_ONE).run_until_idle()
    first = [name[0] for name in recorder.handled[:50]]
    assert 7 <= first.count("h") <= 13
    assert len(recorder.handled) == 120


async def test_history_of_one_tenant_does_not_delay_its_new_documents(database: Database) -> None:
    await deliver(database, *(order(f"h{number}", lane=Lane.HISTORY) for number in range(500)))
    await deliver(database, order("new"))
    messages = await served(database, 8, quota=1)
    assert "new" in {message.ordering_key.split(":")[1] for message in messages}


async def test_what_comes_from_the_lane_of_history_gives_way_and_nothing_else(database: Database) -> None:
    await deliver(database, *(order(f"h{number}", lane=Lane.HISTORY) for number in range(4)))
    await deliver(database, *(order(f"l{number}") for number in range(4)))
    await deliver(database, order("h0"))  # pulls its key, with what is before it, into the live lane
    messages = await served(database, 16, quota=2)
    giving_way = {message.ordering_key.split(":")[1] for message in messages if message.gives_way}
    assert giving_way == {"h1", "h2", "h3"}


async def test_a_tenant_whose_messages_all_wait_costs_nobody_a_turn(database: Database) -> None:
    waiting, ready = uuid4(), uuid4()
    await deliver(database, *(order(f"w{number}", tenant=waiting) for number in range(30)))
    wanted = ClaimRequest(CONSUMER, 30, 0, uuid4(), 60.0)
    async with database.sessions.of_all_tenants() as session:
        assert len(await claim(session, wanted)) == 30
    await deliver(database, *(order(f"r{number}", tenant=ready) for number in range(8)))
    assert {message.tenant_id for message in await served(database, 8)} == {ready}


async def test_order_within_a_key_goes_before_lanes(database: Database) -> None:
    """A live message behind history of its key pulls that key into the live lane instead of overtaking."""
    await deliver(database, *(order(f"old{number}", lane=Lane.HISTORY) for number in range(30)))
    first, second = order("both", lane=Lane.HISTORY), order("both", lane=Lane.LIVE)
    await deliver(database, first)
    await deliver(database, second)
    claimed = [message for _ in range(3) for message in await served(database, 1)]
    assert [message.event_id for message in claimed[:2]] == [first.event_id, second.event_id]
    assert "old" in claimed[2].ordering_key
