"""What a poll takes over, announces and costs."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from common.db.models.core import ConnectionRow
from common.db.models.ingest import DocumentVersionRow, OrderRow, ShopCursorRow
from common.domain.money import Money
from common.domain.stored_words import Lane
from common.events.documents import (
    CreditNoteIssued,
    DocumentConflicted,
    DocumentFileStored,
    DocumentIssued,
    InvoiceIssued,
)
from common.events.orders import OrderChanged, OrderSeen
from ingest.orders import OrderReader
from integration.ingest.harness import DOCUMENTS, LIST, Ingest


async def test_a_finalised_invoice_is_saved_and_announced_with_everything_known(ingest: Ingest) -> None:
    connection = await ingest.connect()
    order = {"transaction_id": "9XX", "provider": "PayPal", "note": "holt ab, #Bar"}
    sold = await ingest.sell(order=order)
    await ingest.poll()

    seen, issued = await ingest.events()
    assert isinstance(seen, OrderSeen)
    assert isinstance(issued, InvoiceIssued)
    assert (issued.tenant_id, issued.connection_id) == (ingest.tenant_id, connection.connection_id)
    assert issued.number == sold["document"]["number"]
    assert str(issued.document.gross_total.decimal) == sold["document"]["gross_total"]
    assert issued.order == seen.order
    assert issued.order.payment is not None
    assert issued.order.payment.transaction_id == "9XX"
    assert issued.order.tags == ("bar",)
    assert issued.lane is Lane.LIVE
    assert issued.pdf is not None
    rows = await ingest.documents()
    row = rows["invoice", issued.number]
    assert (row.document_id, row.content_hash) == (issued.document_id, issued.content_hash)
    assert (row.file_state, row.pdf_sha256, row.conflicted) == ("stored", issued.pdf.sha256, False)


async def test_a_purchase_on_invoice_says_until_when_and_its_bank_account_goes_no_further(
    ingest: Ingest,
) -> None:
    terms = {"InvoicePaymentDueDate": "2025-04-03", "InvoiceIBAN": "DE02120300000000202051"}
    await ingest.connect()
    await ingest.sell(order={"payment": "Rechnung", "provider": "PayPal", "invoice_terms": terms})
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.order.payment.due_on == date(2025, 4, 3)
    assert not [event for event in await ingest.events() if "DE0212" in event.model_dump_json()]


async def test_r8_originals_are_what_the_shop_sent_bit_for_bit(ingest: Ingest) -> None:
    connection = await ingest.connect()
    sold = await ingest.sell()
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    (version,) = await ingest.rows(DocumentVersionRow)
    client = await ingest.shops().client(connection)
    page = await client.documents(sold["order_id"])
    assert await ingest.original(version.original_sha256) == page.items[0].raw
    assert version.original_sha256 == hashlib.sha256(page.items[0].raw).hexdigest()
    pdf = await ingest.original(issued.pdf.sha256)
    assert pdf.startswith(b"%PDF")
    assert (len(pdf), hashlib.sha256(pdf).hexdigest()) == (issued.pdf.size, issued.pdf.sha256)
    assert json.loads(page.items[0].raw)["documentNumber"] == issued.number


async def test_an_amount_of_many_digits_is_taken_over_like_any_other(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(order={"lines": [{"price": "99999999.99", "rate": "19", "quantity": "1"}]})
    await ingest.poll()
    (row,) = (await ingest.documents()).values()
    assert str(Money(row.gross_minor).decimal) == sold["document"]["gross_total"]
    assert row.gross_minor > 2**31


async def test_an_idle_poll_costs_one_call(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell_settled()
    await ingest.poll()
    await ingest.forget_requests()
    await ingest.poll()
    await ingest.poll()
    assert await ingest.requests() == {LIST: 2}


async def test_a_new_document_costs_three_calls_and_a_changed_order_two(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell()
    await ingest.poll()
    assert await ingest.requests() == {LIST: 1, DOCUMENTS: 2}
    await ingest.forget_requests()
    await ingest.do("orders/pay", order=sold["order_id"])
    await ingest.poll()
    assert await ingest.requests() == {LIST: 1, DOCUMENTS: 1}
    (changed,) = await ingest.events(OrderChanged)
    assert changed.version == 2
    assert changed.order.paid_at is not None


async def test_an_order_without_documents_is_seen_and_its_later_invoice_found(ingest: Ingest) -> None:
    await ingest.connect()
    placed = await ingest.do("orders")
    await ingest.do("orders/draft", order=placed["order_id"])
    await ingest.poll()
    assert [type(event) for event in await ingest.events()] == [OrderSeen]
    await ingest.do("orders/finalise", order=placed["order_id"])
    await ingest.poll()
    assert [type(event) for event in await ingest.events()] == [OrderSeen, OrderChanged, InvoiceIssued]


async def test_invoices_of_an_order_are_announced_before_its_credit_notes(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(issue_date="2025-03-10")
    await ingest.do("orders/credit", order=sold["order_id"], issue_date="2025-03-01")
    await ingest.do("orders/finalise", order=sold["order_id"], issue_date="2025-03-05")
    await ingest.poll()
    events = await ingest.events(DocumentIssued)
    assert [type(event) for event in events] == [InvoiceIssued, InvoiceIssued, CreditNoteIssued]
    assert [event.document.issued_on.day for event in events] == [5, 10, 1]


async def test_r11_a_number_that_comes_again_with_other_content_changes_nothing_but_is_reported(
    ingest: Ingest,
) -> None:
    await ingest.connect()
    sold = await ingest.sell()
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    await ingest.do("documents/change", number=sold["document"]["number"])
    await ingest.poll()
    await ingest.do("orders/touch", order=sold["order_id"])
    await ingest.poll()
    (conflict,) = await ingest.events(DocumentConflicted)
    assert conflict.known_hash == issued.content_hash
    assert conflict.content_hash != issued.content_hash
    assert len(await ingest.events(InvoiceIssued)) == 1
    row = (await ingest.documents())["invoice", issued.number]
    assert (row.conflicted, row.content_hash) == (True, issued.content_hash)
    assert row.gross_minor == issued.document.gross_total.minor
    assert len(await ingest.rows(DocumentVersionRow)) == 2


async def test_r8_a_file_that_is_no_pdf_is_kept_as_it_came(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(pdf="not_pdf")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert (await ingest.original(issued.pdf.sha256)).startswith(b"<html>")
    (original,) = [row for row in await ingest.originals() if row.sha256 == issued.pdf.sha256]
    assert original.media_type == "application/octet-stream"
    assert (await ingest.documents())["invoice", sold["document"]["number"]].file_state == "stored"


async def test_a_document_without_file_is_announced_at_once_and_its_file_when_it_comes(
    ingest: Ingest,
) -> None:
    await ingest.connect()
    sold = await ingest.sell(pdf="missing")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.pdf is None
    row = (await ingest.documents())["invoice", issued.number]
    assert row.file_state == "pending"
    assert row.file_due_at is not None
    await ingest.do("documents/change", number=issued.number, pdf="ok")
    await ingest.do("orders/finalise", order=sold["order_id"])
    await ingest.poll()
    (stored,) = await ingest.events(DocumentFileStored)
    assert stored.number == issued.number
    assert (await ingest.documents())["invoice", issued.number].file_state == "stored"


async def test_more_documents_than_a_page_are_all_found(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell()
    for _ in range(11):
        await ingest.do("orders/finalise", order=sold["order_id"])
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents()


async def test_r4_every_document_of_many_orders_is_known_once(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.epages.control.post("bulk/documents", {"shops": ["A"], "count": 130, "credit_every": 5})
    await ingest.poll()
    assert set(await ingest.documents()) == await ingest.shop_documents()
    announced = [(event.document_type.value, event.number) for event in await ingest.events(DocumentIssued)]
    assert len(announced) == len(set(announced)) == len(await ingest.documents())


async def test_connecting_puts_the_cursor_to_now_or_the_earlier_start_date(ingest: Ingest) -> None:
    connection = await ingest.connect()
    before = datetime.now(UTC)
    await ingest.poll()
    assert abs((await ingest.cursor(connection)).read_from_at - before) < timedelta(seconds=30)
    await ingest.set_settings(start_on="2025-01-01")
    other = await ingest.connect("B")
    await ingest.poll()
    assert (await ingest.cursor(other)).read_from_at == datetime(2024, 12, 31, 23, tzinfo=UTC)


async def test_an_earlier_start_date_reads_back_as_history(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.sell(order={"at": "2025-02-01T10:00:00Z"}, at="2025-02-01T11:00:00Z")
    await ingest.poll()
    assert await ingest.documents() == {}
    await ingest.set_settings(start_on="2025-01-01")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.lane is Lane.HISTORY
    assert (await ingest.cursor(connection)).history_from_at is None


async def test_the_poll_interval_follows_the_newest_settings(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    first = await ingest.cursor(connection)
    assert first.last_poll_at is not None
    assert timedelta(seconds=299) < first.next_poll_at - first.last_poll_at < timedelta(seconds=301)
    await ingest.set_settings(poll_interval_seconds=1)
    await ingest.poller().run_once()
    second = await ingest.cursor(connection)
    assert second.last_poll_at is not None
    assert second.next_poll_at - second.last_poll_at < timedelta(seconds=2)


async def test_a_disabled_connection_is_not_polled(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    async with ingest.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ConnectionRow)
            .where(ConnectionRow.connection_id == connection.connection_id)
            .values(state="disabled")
        )
    await ingest.forget_requests()
    await ingest.poll()
    assert await ingest.requests() == {}


async def test_an_older_reading_never_replaces_a_newer_one(ingest: Ingest) -> None:
    connection = await ingest.connect()
    sold = await ingest.sell_settled()
    client = await ingest.shops().client(connection)
    reader = OrderReader(ingest.db, ingest.archive, connection, client, 60)
    old = (await client.order(sold["order_id"])).value
    await ingest.do("orders/pay", order=sold["order_id"])
    new = (await client.order(sold["order_id"])).value
    await reader.import_order(new, read_at=datetime.now(UTC))
    await reader.import_order(old, read_at=datetime.now(UTC))
    (row,) = await ingest.rows(OrderRow)
    assert (row.version, row.snapshot["paid_at"] is not None) == (1, True)
    assert len(await ingest.events(OrderChanged)) == 0


async def test_rows_of_one_shop_say_nothing_about_another_with_the_same_numbers(ingest: Ingest) -> None:
    await ingest.connect("A")
    await ingest.connect("B")
    await ingest.sell("A", number="R-1")
    await ingest.sell("B", number="R-1")
    await ingest.poll()
    issued = await ingest.events(InvoiceIssued)
    assert {event.number for event in issued} == {"R-1"}
    assert len({event.document_id for event in issued}) == 2
    assert len(await ingest.rows(ShopCursorRow)) == 2
