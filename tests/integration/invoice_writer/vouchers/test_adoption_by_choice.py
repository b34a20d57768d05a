"""The voucher a person chose is adopted, and an alarm names what differs from the document."""

import asyncio
from uuid import uuid4

from factories.documents import make_invoice, make_order
from integration.invoice_writer.adoption import alarms, by_hand, choice
from integration.invoice_writer.harness import Writer

DIFFERS = "adopted_voucher_differs"


async def test_voucher_a_person_chose_is_adopted(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    chosen = await by_hand(writer, event.number, gross="11.90")
    await writer.work(event)
    await writer.work(choice(writer, event, chosen))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.how, outcome.voucher_id) == ("booked", "adopted", chosen)


async def test_voucher_of_another_total_is_adopted_with_an_alarm_that_names_both(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    chosen = await by_hand(writer, event.number, gross="11.90", totalTaxAmount="1.90")
    await writer.work(event)
    assert await alarms(writer) == []
    adopting = choice(writer, event, chosen)
    await writer.work(adopting, adopting)
    await writer.work(choice(writer, event, chosen))
    (alarm,) = await alarms(writer)
    assert (alarm.kind, alarm.tenant_id, alarm.closed_at) == (DIFFERS, writer.tenant_id, None)
    assert alarm.subject == event.fact
    assert alarm.evidence == {
        "voucher_id": chosen,
        "differences": {
            "gross_total": {"document": "49.90 EUR", "voucher": "11.90 EUR"},
            "tax_total": {"document": "7.97 EUR", "voucher": "1.90 EUR"},
        },
    }
    assert (await writer.story(event.document)).count(DIFFERS) == 1


async def test_voucher_of_the_same_total_but_other_tax_is_adopted_with_an_alarm(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    chosen = await by_hand(writer, event.number, voucherDate="2025-03-05", totalTaxAmount="3.26")
    await writer.work(event)
    await writer.work(choice(writer, event, chosen))
    (alarm,) = await alarms(writer)
    assert alarm.evidence["differences"] == {"tax_total": {"document": "7.97 EUR", "voucher": "3.26 EUR"}}


async def test_voucher_of_another_number_or_tax_period_is_adopted_with_an_alarm(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await by_hand(writer, event.number, gross="11.90")
    chosen = await by_hand(writer, "OTHER-1", voucherDate="2025-02-28", totalTaxAmount="7.97")
    await writer.work(event)
    await writer.work(choice(writer, event, chosen))
    (alarm,) = await alarms(writer)
    assert alarm.evidence["differences"] == {
        "number": {"document": event.number, "voucher": "OTHER-1"},
        "month": {"document": "2025-03", "voucher": "2025-02"},
    }


async def test_voucher_of_the_same_totals_is_adopted_without_an_alarm(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    chosen = await by_hand(writer, event.number, voucherDate="2025-03-05", totalTaxAmount="7.97")
    await writer.work(event)
    await writer.work(choice(writer, event, chosen))
    assert (await writer.outcome(event.document)).how == "adopted"
    assert await alarms(writer) == []


async def test_voucher_of_another_document_or_none_at_all_cannot_be_chosen(writer: Writer) -> None:
    other = await writer.event(make_invoice(number="R-1"), make_order(order_id="another"))
    event = await writer.event(make_invoice())
    await by_hand(writer, event.number, gross="11.90")
    await writer.work(other, event)
    booked = (await writer.outcome(other.document)).voucher_id
    assert booked is not None
    for chosen in (booked, str(uuid4()), await by_hand(writer, "K-1", type="salescreditnote")):
        await writer.work(choice(writer, event, chosen))
        outcome = await writer.outcome(event.document)
        assert (outcome.status, outcome.reason) == ("parked", "number_taken_in_books")
        assert outcome.params["refused"] == chosen


async def test_voucher_that_nobody_checked_yet_is_adopted_with_an_alarm(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    chosen = await by_hand(writer, event.number, voucherStatus="unchecked", totalTaxAmount="7.97")
    await writer.work(event)
    await writer.work(choice(writer, event, chosen))
    assert (await writer.outcome(event.document)).how == "adopted"
    (alarm,) = await alarms(writer)
    assert alarm.evidence["differences"] == {"status": {"document": "booked", "voucher": "unchecked"}}


async def test_voided_voucher_books_nothing_and_cannot_be_chosen(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    chosen = await by_hand(writer, event.number, gross="11.90")
    await writer.work(event)
    await writer.lexware.control.post(f"vouchers/{chosen}", {"voucherStatus": "voided"})
    await asyncio.sleep(0.2)
    await writer.work(choice(writer, event, chosen))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.params["refused"]) == ("parked", chosen)
