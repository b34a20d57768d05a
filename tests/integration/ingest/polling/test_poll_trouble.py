"""Whatever a shop answers, the cursor never passes what was not read, and other orders go on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.events.documents import CreditNoteIssued, InvoiceIssued
from common.events.orders import OrderSeen
from common.shops.base import Page
from common.shops.epages.client import EpagesClient
from common.shops.epages.errors import RequestRejected
from common.shops.epages.wire import OrderDocument
from integration.ingest.harness import DOCUMENTS, LIST, Ingest

ORDERS_PATH = "/rs/shops/{shop_id}/orders"
DOCUMENTS_PATH = "/rs/shops/{shop_id}/orders/{order_id}/documents"


@pytest.mark.parametrize(
    ("path", "kind", "params"),
    [
        (ORDERS_PATH, "truncated", {}),
        (ORDERS_PATH, "html_answer", {}),
        (ORDERS_PATH, "html_error", {"status": 502}),
        (ORDERS_PATH, "json_in_html_500", {}),
        (ORDERS_PATH, "unavailable", {}),
        (ORDERS_PATH, "drop_before_commit", {"times": 2}),
        (DOCUMENTS_PATH, "truncated", {}),
        (DOCUMENTS_PATH, "html_answer", {}),
        (DOCUMENTS_PATH, "json_in_html_500", {}),
    ],
)
async def test_a_useless_answer_leaves_the_cursor_and_the_next_run_finds_everything(
    ingest: Ingest, path: str, kind: str, params: dict[str, Any]
) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.cursor(connection)
    await ingest.sell()
    await ingest.epages.control.fault("GET", path, kind, **{"times": 1, **params})
    await ingest.poll()
    failed = await ingest.cursor(connection)
    assert (failed.cursor_at, failed.failures) == (before.cursor_at, 1)
    assert failed.last_error
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents() != set()
    healed = await ingest.cursor(connection)
    assert (healed.failures, healed.last_error) == (0, None)
    assert healed.cursor_at >= before.cursor_at


async def test_failures_in_a_row_wait_longer_each_time(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    settings = ingest.settings(poll={"first_backoff": 10.0})
    await ingest.epages.control.fault("GET", ORDERS_PATH, "unavailable", 3)
    waits = []
    for _ in range(3):
        await ingest.poll(settings)
        row = await ingest.cursor(connection)
        assert row.last_poll_at is not None
        waits.append(round((row.next_poll_at - row.last_poll_at).total_seconds()))
    assert waits == [10, 20, 40]


async def test_one_order_that_cannot_be_read_does_not_hold_up_the_others(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    sold = [await ingest.sell() for _ in range(4)]
    broken = f"/rs/shops/A/orders/{sold[1]['order_id']}/documents"
    await ingest.epages.control.fault("GET", broken, "unavailable", 2)
    await ingest.poll()
    assert len(await ingest.documents()) == 3
    assert (await ingest.cursor(connection)).cursor_at == before
    await ingest.poll()
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents()
    assert (await ingest.cursor(connection)).cursor_at > before


@pytest.mark.parametrize("kind", ["our own mistake", "400"])
async def test_one_order_that_never_can_be_taken_over_does_not_hold_up_the_others(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    sold = [await ingest.sell() for _ in range(4)]
    honest, poison = EpagesClient.documents, sold[1]["order_id"]

    async def poisoned(self: EpagesClient, order_id: str) -> Page[OrderDocument]:
        if order_id == poison:
            raise LookupError if kind == "our own mistake" else RequestRejected(kind)
        return await honest(self, order_id)

    monkeypatch.setattr(EpagesClient, "documents", poisoned)
    await ingest.poll()
    assert len(await ingest.documents()) == 3
    row = await ingest.cursor(connection)
    assert (row.cursor_at, row.failures) == (before, 1)


async def test_an_order_deleted_between_list_and_documents_is_skipped(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    await ingest.sell()
    await ingest.sell()
    await ingest.epages.control.fault("GET", DOCUMENTS_PATH, "gone_between", 1)
    await ingest.poll()
    row = await ingest.cursor(connection)
    assert len(await ingest.documents()) == 1
    assert row.failures == 0
    assert row.cursor_at > before


async def test_a_used_up_quota_is_waited_for_until_its_reset(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.epages.control.fault("GET", ORDERS_PATH, "rate_limited", 1, reset_seconds=900)
    await ingest.poll()
    row = await ingest.cursor(connection)
    assert row.last_poll_at is not None
    assert timedelta(seconds=880) < row.next_poll_at - row.last_poll_at < timedelta(seconds=901)


async def test_a_used_up_quota_among_the_orders_ends_the_run_at_once(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    before = await ingest.set_cursor_back(connection)
    for _ in range(3):
        await ingest.sell()
    await ingest.forget_requests()
    await ingest.epages.control.fault("GET", DOCUMENTS_PATH, "rate_limited", None)
    await ingest.poll()
    assert await ingest.requests() == {LIST: 1, DOCUMENTS: 1}
    assert (await ingest.cursor(connection)).cursor_at == before


@pytest.mark.parametrize("status", [401, 403])
async def test_a_revoked_token_ends_in_disconnected_and_a_new_one_heals_it(
    ingest: Ingest, status: int
) -> None:
    connection = await ingest.connect()
    await ingest.sell()
    await ingest.poll()
    cursor = (await ingest.cursor(connection)).cursor_at
    await ingest.epages.control.fault("GET", ORDERS_PATH, "token_revoked", 3, status=status)
    settings = ingest.settings(poll={"refused_for": 0.0})
    await ingest.poll(settings)
    await ingest.poll(settings)
    assert (await ingest.cursor(connection)).disconnected_at is None
    await ingest.poll(settings)
    row = await ingest.cursor(connection)
    assert row.disconnected_at is not None
    assert row.last_poll_at is not None
    assert row.next_poll_at - row.last_poll_at > timedelta(minutes=59)
    assert (row.refusals, row.cursor_at) == (3, cursor)
    assert len(await ingest.documents()) == 1
    await ingest.poll(settings)
    row = await ingest.cursor(connection)
    assert (row.disconnected_at, row.refusals, row.first_refused_at) == (None, 0, None)


async def test_refusals_within_minutes_are_no_disconnection(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.epages.control.fault("GET", ORDERS_PATH, "token_revoked", 5)
    for _ in range(5):
        await ingest.poll()
    row = await ingest.cursor(connection)
    assert (row.refusals, row.disconnected_at) == (5, None)


async def test_a_reinstalled_app_goes_on_where_the_old_token_stopped(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.do("shops/revoke")
    await ingest.sell()
    await ingest.poll()
    assert await ingest.documents() == {}
    renewed = await ingest.do("shops/token")
    await ingest.replace_token(connection, renewed["access_token"])
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents() != set()


async def test_a_shop_at_an_address_nobody_trusts_is_never_called(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poller(hosts=()).run_once()
    assert await ingest.requests() == {}
    assert "AddressRefused" in str((await ingest.cursor(connection)).last_error)


async def test_unknown_fields_numeric_totals_and_negative_credit_notes_are_taken_as_they_are(
    ingest: Ingest,
) -> None:
    """R36: the sign is kept, the writer judges it."""
    await ingest.connect()
    sold = await ingest.sell()
    await ingest.do("orders/credit", order=sold["order_id"], negative=True)
    await ingest.epages.control.fault("GET", DOCUMENTS_PATH, "unknown_fields", None)
    await ingest.epages.control.fault("GET", ORDERS_PATH, "numeric_totals", None)
    await ingest.poll()
    (credit,) = await ingest.events(CreditNoteIssued)
    (invoice,) = await ingest.events(InvoiceIssued)
    assert credit.document.gross_total == -invoice.document.gross_total
    (seen,) = await ingest.events(OrderSeen)
    assert str(seen.order.gross_total.decimal) == sold["gross_total"]


async def test_a_total_beyond_32_bits_of_cents_is_kept(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(override_totals={"grandTotal": "300000000.00"})
    await ingest.poll()
    (row,) = (await ingest.documents()).values()
    assert row.gross_minor == 30_000_000_000


async def test_totals_that_do_not_add_up_are_passed_on(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(override_totals={"grandTotal": "1.00"})
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.document.gross_total.minor == 100


async def test_without_update_stamps_documents_of_fresh_orders_are_always_read(ingest: Ingest) -> None:
    connection = await ingest.connect(reports_last_update=False)
    placed = await ingest.do("orders")
    await ingest.poll()
    await ingest.do("orders/finalise", order=placed["order_id"])
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents() != set()
    await ingest.do("orders/touch", order=placed["order_id"])  # shows nowhere in the list item
    await ingest.forget_requests()
    await ingest.poll()
    assert (await ingest.requests())[DOCUMENTS] == 1
    row = await ingest.cursor(connection)
    await ingest.change_cursor(connection, cursor_at=row.cursor_at + timedelta(minutes=5))
    await ingest.forget_requests()
    await ingest.poll()
    assert await ingest.requests() == {LIST: 2}


async def test_a_list_that_drifts_is_read_again_once(ingest: Ingest) -> None:
    await ingest.connect()
    settled = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()  # younger stamps are not trusted yet
    await ingest.epages.control.post("bulk/documents", {"shops": ["A"], "count": 120, "at": settled})
    await ingest.epages.control.fault("GET", ORDERS_PATH, "duplicate_across_pages", 1)
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents()
    # an order costs one call for its documents, one for their files; the second reading asks for none again
    assert await ingest.requests() == {LIST: 4, DOCUMENTS: 240}


async def test_a_list_that_drifts_for_ever_ends(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.epages.control.post("bulk/documents", {"shops": ["A"], "count": 120})
    await ingest.epages.control.fault("GET", ORDERS_PATH, "duplicate_across_pages", None)
    await ingest.poll()
    assert (await ingest.requests())[LIST] == 4
