"""A finalised domestic document becomes exactly one voucher with its file."""

import asyncio
from decimal import Decimal

from common.events.vouchers import VoucherBooked
from factories.documents import euro, make_credit_note, make_invoice, make_line
from integration.invoice_writer.harness import ATTACH, CREATE, Writer


async def test_invoice_becomes_one_voucher_with_its_file(writer: Writer) -> None:
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    (voucher,) = await writer.vouchers()
    assert voucher["voucherNumber"] == invoice.number
    assert Decimal(str(voucher["totalGrossAmount"])) == invoice.gross_total.decimal
    assert len(voucher["files"]) == 1
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.file_status, outcome.voucher_id) == ("booked", "attached", voucher["id"])
    assert await writer.story(invoice) == ["booked", "file_attached"]


async def test_an_amount_of_many_digits_is_booked_and_found_again(writer: Writer) -> None:
    gross = euro("99999999.99")
    first, second = [
        make_invoice(number=number, gross_total=gross, lines=(make_line("99999999.99"),))
        for number in ("R-1", "R-2")
    ]
    values = {"organization_id": writer.organization["organization_id"], "voucherNumber": "R-2"}
    values |= {"voucherDate": "2025-03-04", "totalGrossAmount": "99999999.99"}
    await writer.lexware.control.post("vouchers", values)
    await asyncio.sleep(0.1)
    await writer.work(await writer.event(first), await writer.event(second))
    assert [(await writer.outcome(one)).how for one in (first, second)] == ["written", "adopted"]
    assert (await writer.outcome(first)).gross_minor == gross.minor


async def test_booking_is_announced_with_what_payments_are_recognised_by(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await writer.work(event)
    (fact,) = await writer.announced()
    assert isinstance(fact, VoucherBooked)
    assert fact.keys.order_number == event.order.order_number
    assert fact.keys.payment == event.order.payment
    assert fact.gross_total == event.document.gross_total


async def test_event_received_again_books_nothing_more(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await writer.work(event)
    await writer.work(event, event)
    assert len(await writer.vouchers()) == 1


async def test_two_calls_per_document_besides_shared_reads(writer: Writer) -> None:
    events = [await writer.event(make_invoice(number=f"R-{number}")) for number in range(10)]
    await writer.work(*events)
    requests = await writer.requests()
    assert (requests[CREATE], requests[ATTACH]) == (10, 10)
    shared = {path: count for path, count in requests.items() if path not in {CREATE, ATTACH}}
    assert shared == {"GET /v1/profile": 1, "GET /v1/posting-categories": 1, "GET /v1/voucherlist": 1}


async def test_credit_note_becomes_salescreditnote_that_names_its_invoice_r36_r37(writer: Writer) -> None:
    invoice, correction = make_invoice(), make_credit_note()
    await writer.work(await writer.event(invoice), await writer.event(correction))
    vouchers = {voucher["type"]: voucher for voucher in await writer.vouchers()}
    assert set(vouchers) == {"salesinvoice", "salescreditnote"}
    assert invoice.number in vouchers["salescreditnote"]["remark"]
