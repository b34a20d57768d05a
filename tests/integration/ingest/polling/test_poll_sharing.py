"""Crashes, replicas and large windows: nothing is lost, nothing is told twice, fresh changes go first."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from common.db.due import LeaseLost, claim_due, release
from common.db.models.ingest import OrderRow
from common.events.documents import DocumentIssued, InvoiceIssued
from common.events.orders import OrderSeen
from ingest.orders import OrderReader
from ingest.orders.document_records import OrderReading, Saved
from ingest.polling.cursors import SHOP_CURSORS, finish_poll, refresh_cursors
from ingest.polling.results import good_result
from ingest.polling.state import ShopLease
from integration.ingest.harness import DOCUMENTS, LIST, Ingest
from support.eventually import eventually


async def told(ingest: Ingest) -> list[tuple[str, str]]:
    return [(event.document_type.value, event.number) for event in await ingest.events(DocumentIssued)]


async def claim(ingest: Ingest, seconds: float = 60) -> list[ShopLease]:
    async with ingest.db.sessions.of_all_tenants() as session:
        return await claim_due(session, SHOP_CURSORS, limit=5, seconds=seconds)


async def end(ingest: Ingest, lease: ShopLease, *, cursor_at: datetime) -> None:
    """A run ends well that moved nothing but the cursor."""
    ending = finish_poll(lease, replace(lease.state.progress, cursor_at=cursor_at), good_result(5))
    async with ingest.db.sessions.of_all_tenants() as session:
        await release(session, lease, due_in=ending.due_in, **ending.values)


@pytest.mark.parametrize("survivors", [0, 1, 3])
async def test_a_crash_between_orders_loses_nothing_and_tells_nothing_twice(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, survivors: int
) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    for _ in range(4):
        await ingest.sell()
    honest, saves = OrderReader.save, 0

    async def dies(self: OrderReader, reading: OrderReading) -> Saved:
        nonlocal saves
        saves += 1
        if saves > survivors:
            raise asyncio.CancelledError
        return await honest(self, reading)

    await ingest.make_due()
    with monkeypatch.context() as patched:
        patched.setattr(OrderReader, "save", dies)
        await ingest.poller().run_once()
    row = await ingest.cursor(connection)
    assert row.cursor_at == before
    assert row.lease_token is not None  # the dead process still holds it
    assert len(await ingest.documents()) == survivors
    await ingest.change_cursor(connection, lease_until=datetime.now(UTC) - timedelta(hours=1))
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents()
    assert sorted(await told(ingest)) == sorted(await ingest.shop_documents())
    assert (await ingest.cursor(connection)).cursor_at > before


async def test_a_crash_within_an_order_leaves_no_part_of_it(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest.connect()
    await ingest.sell()

    async def dies(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("ingest.orders.records.record", dies)
        await ingest.poll()
    assert await ingest.rows(OrderRow) == []
    assert await ingest.originals() == []
    await ingest.poll()
    assert len(await told(ingest)) == 1


async def test_replicas_share_shops_and_no_shop_is_polled_twice(ingest: Ingest) -> None:
    for number in range(6):
        await ingest.connect(f"S{number}")
        await ingest.sell_settled(f"S{number}")
    await ingest.poller().run_once()
    await ingest.forget_requests()
    await ingest.make_due()
    await asyncio.gather(*(ingest.poller().run_once() for _ in range(3)))
    assert await ingest.requests() == {LIST: 6}
    assert len(await told(ingest)) == 6


async def test_a_poller_that_lost_its_lease_changes_nothing(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.make_due()
    (late,) = await claim(ingest, seconds=0.001)
    await asyncio.sleep(0.01)
    (current,) = await claim(ingest)
    with pytest.raises(LeaseLost):
        await end(ingest, late, cursor_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert (await ingest.cursor(connection)).lease_token == current.token
    assert (await ingest.cursor(connection)).cursor_at.year != 2030
    assert await claim(ingest) == []


async def test_a_start_date_moved_back_behind_a_lease_that_ran_out_outlives_the_run(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.make_due()
    (late,) = await claim(ingest, seconds=0.001)
    await asyncio.sleep(0.01)
    await ingest.set_settings(start_on="2024-01-01")
    await refresh_cursors(ingest.db)
    began = (await ingest.cursor(connection)).history_from_at
    assert began is not None
    moved = late.state.progress.cursor_at + timedelta(minutes=1)
    await end(ingest, late, cursor_at=moved)
    row = await ingest.cursor(connection)
    assert (row.cursor_at, row.history_from_at) == (moved, began)


async def test_the_same_order_read_by_two_at_once_is_told_once(ingest: Ingest) -> None:
    connection = await ingest.connect()
    sold = await ingest.sell()
    await ingest.do("orders/credit", order=sold["order_id"])

    async def read() -> None:
        client = await ingest.shops().client(connection)
        reader = OrderReader(ingest.db, ingest.archive, connection, client, 60)
        order = (await client.order(sold["order_id"])).value
        await reader.import_order(order, read_at=datetime.now(UTC))

    await asyncio.gather(*(read() for _ in range(5)))
    assert [kind for kind, _ in await told(ingest)] == ["invoice", "credit_note"]
    assert len(await ingest.events(OrderSeen)) == 1
    assert len(await ingest.documents()) == 2


async def test_a_stopped_poller_gives_its_shop_back_where_it_was(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    await ingest.sell()
    stop = asyncio.Event()
    stop.set()
    await ingest.make_due()
    await ingest.poller().run_once(stop)
    row = await ingest.cursor(connection)
    assert (row.cursor_at, row.lease_token, row.failures) == (before, None, 0)
    await ingest.poller().run_once()
    assert len(await ingest.documents()) == 1


async def test_a_running_poller_finds_new_shops_and_new_documents_by_itself(ingest: Ingest) -> None:
    await ingest.set_settings(poll_interval_seconds=1)
    poller, stop = ingest.poller(), asyncio.Event()
    running = asyncio.create_task(poller.run(stop))
    await ingest.connect()
    await ingest.sell()
    await eventually(lambda: has_documents(ingest, 1))
    await ingest.sell()
    await ingest.make_due()
    poller.wake()
    await eventually(lambda: has_documents(ingest, 2))
    stop.set()
    await asyncio.wait_for(running, 5)
    assert poller.heartbeat.stopped is False


async def test_a_run_keeps_to_its_budget_and_later_runs_go_on_without_asking_again(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.set_cursor_back(connection)
    await ingest.forget_requests()
    for _ in range(10):
        await ingest.sell_settled()
    settings = ingest.settings(poll={"calls_per_run": 9})
    runs = 0
    while len(await ingest.documents()) < 10:
        runs += 1
        before = sum((await ingest.requests()).values())
        await ingest.poll(settings)
        assert 1 < sum((await ingest.requests()).values()) - before <= 10
        assert runs < 10
    await ingest.poll(settings)
    requests = await ingest.requests()
    assert requests[DOCUMENTS] == 20
    row = await ingest.cursor(connection)
    assert (row.history_from_at, row.history_page) == (None, 1)
    assert sorted(await told(ingest)) == sorted(await ingest.shop_documents())


async def test_fresh_documents_overtake_a_window_too_large_for_one_run(ingest: Ingest) -> None:
    """Whatever order the shop lists in, an old order's new document must not wait for the backfill."""
    connection = await ingest.connect()
    await ingest.poll()
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    await ingest.change_cursor(connection, cursor_at=hour_ago - timedelta(hours=1))
    bulk = {"shops": ["A"], "count": 30, "at": hour_ago.isoformat()}
    await ingest.epages.control.post("bulk/documents", bulk)
    settings = ingest.settings(poll={"calls_per_run": 11}, overlap_seconds=0)
    await ingest.poll(settings)
    row = await ingest.cursor(connection)
    assert len(await ingest.documents()) < 10
    assert row.history_from_at == hour_ago - timedelta(hours=1)
    assert row.cursor_at > hour_ago
    old_order = (await ingest.epages.control.state())["shops"][-1]["orders"][0]
    fresh = await ingest.do("orders/finalise", order=old_order["order_id"])
    await ingest.poll(settings)
    assert ("invoice", fresh["number"]) in await ingest.documents()
    for _ in range(10):
        await ingest.poll(settings)
    assert set(await ingest.documents()) == await ingest.shop_documents()


async def test_history_that_lost_orders_meanwhile_is_read_from_its_beginning(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.sell()
    long_ago = datetime.now(UTC) - timedelta(days=1)
    later_page = {"history_from_at": long_ago, "history_page": 2, "history_total": 0}
    await ingest.change_cursor(connection, **later_page)
    await ingest.poll()
    assert (await ingest.cursor(connection)).history_from_at is None
    await ingest.change_cursor(connection, **later_page | {"history_page": 3, "history_total": 250})
    await ingest.poll()
    row = await ingest.cursor(connection)
    assert (row.history_from_at is not None, row.history_page) == (True, 1)
    await ingest.poll()
    assert (await ingest.cursor(connection)).history_from_at is None


@pytest.mark.parametrize("epages", [24 * 365.0], indirect=True, ids=["hours as long as years"])
async def test_a_run_stops_before_the_shops_quota_is_used_up(ingest: Ingest) -> None:
    """The quota is the clock hour's, which could end in the middle of the test."""
    connection = await ingest.connect(rate_limit=215)
    await ingest.poll()
    await ingest.set_cursor_back(connection)
    for _ in range(15):
        await ingest.sell()
    await ingest.poll()
    known = len(await ingest.documents())
    assert 0 < known < 15
    state = await ingest.epages.control.state()
    assert state["rate_limited"] == 0
    await ingest.do("shops/change", rate_limit=6000)
    await ingest.poll()
    await ingest.poll()
    assert len(await ingest.documents()) == 15


async def has_documents(ingest: Ingest, count: int) -> bool:
    return len(await ingest.events(InvoiceIssued)) >= count
