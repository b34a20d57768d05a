"""What somebody does in the books to a voucher of ours is told, and no correction stands on it (R54)."""

from typing import Any
from uuid import uuid4

import pytest

from common.db.alarms import Alarm, raise_alarm
from common.db.doubles import report_double, say
from common.domain.alarms import AlarmKind
from common.domain.stored_words import SaidOfDouble
from factories.documents import euro, make_credit_note, make_invoice, make_line, make_order
from integration.invoice_writer.adoption import by_hand
from integration.invoice_writer.harness import CREATE, Writer
from integration.invoice_writer.unreadable import LIST, alarms
from integration.invoice_writer.watching import (
    BY_ID,
    delete,
    edit,
    night,
    quarter_later,
    ten_seconds_later,
)


async def booked(writer: Writer, **over: Any) -> tuple[Any, str]:
    """An invoice and the id of its voucher."""
    invoice = make_invoice(**over)
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert outcome.voucher_id is not None
    return invoice, outcome.voucher_id


def correction() -> Any:
    """A correction of a part of the invoice."""
    return make_credit_note(gross_total=euro("11.90"), lines=(make_line("11.90"),))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"voucherNumber": "OTHER"}, "number"),
        ({"voucherStatus": "voided"}, "status"),
        ({"voucherDate": "2025-01-31"}, "month"),
        ({"totalGrossAmount": "59.90"}, "gross_total"),
    ],
)
async def test_change_of_a_voucher_is_told_within_a_quarter_of_an_hour_and_ends_with_it_r54(
    writer: Writer, changes: dict[str, str], name: str
) -> None:
    invoice, voucher_id = await booked(writer)
    await quarter_later(writer)
    assert await alarms(writer, "voucher_changed") == []
    before = {"voucherNumber": invoice.number, "voucherStatus": "open", "voucherDate": "2025-03-04"}
    before["totalGrossAmount"] = "49.90"
    await edit(writer, voucher_id, **changes)
    asked = (await writer.requests())[LIST]
    await quarter_later(writer)
    [alarm] = await alarms(writer, "voucher_changed")
    assert (alarm.evidence["voucher_id"], set(alarm.evidence["differences"])) == (voucher_id, {name})
    assert (await writer.requests())[LIST] == asked + 1
    await edit(writer, voucher_id, **before)
    await quarter_later(writer)
    assert await alarms(writer, "voucher_changed") == []


async def test_other_contact_of_a_voucher_is_told_and_the_first_one_ends_it_r54(writer: Writer) -> None:
    _, voucher_id = await booked(writer)
    await quarter_later(writer)
    contact_id = await writer.add_contact(person={"lastName": "Muster"})
    await writer.lexware.control.post(f"vouchers/{voucher_id}", {"contactId": contact_id})
    await quarter_later(writer)
    [alarm] = await alarms(writer, "voucher_changed")
    assert alarm.evidence["differences"] == {"contact": {"before": None, "now": contact_id}}
    await writer.lexware.control.post(f"vouchers/{voucher_id}", {"contactId": None})
    await quarter_later(writer)
    assert await alarms(writer, "voucher_changed") == []


async def test_payment_of_a_voucher_changes_nothing_that_was_decided(writer: Writer) -> None:
    _, voucher_id = await booked(writer)
    await quarter_later(writer)
    await writer.lexware.control.post(f"vouchers/{voucher_id}/pay")
    await quarter_later(writer)
    assert await alarms(writer, "voucher_changed") == []


async def test_idle_books_cost_one_request_a_quarter_of_an_hour(writer: Writer) -> None:
    await booked(writer)
    await quarter_later(writer)
    before = await writer.requests()
    await quarter_later(writer)
    assert await writer.requests() == before | {LIST: before[LIST] + 1}


@pytest.mark.parametrize(("tax", "is_open"), [("7.97", False), ("0.00", True)])
async def test_alarm_about_an_adopted_voucher_closes_when_it_differs_no_more(
    writer: Writer, tax: str, is_open: bool
) -> None:
    invoice = make_invoice()
    there = await by_hand(writer, invoice.number, voucherStatus="unchecked", totalTaxAmount=tax)
    event = await writer.event(invoice)
    await writer.work(event)
    await writer.work(writer.resolve(event, "adopt", voucher_id=there))
    assert len(await alarms(writer, "adopted_voucher_differs")) == 1
    await quarter_later(writer)
    assert len(await alarms(writer, "adopted_voucher_differs")) == 1
    assert await alarms(writer, "voucher_changed") == []
    await edit(writer, there, voucherStatus="open")
    await quarter_later(writer)
    assert (len(await alarms(writer, "adopted_voucher_differs")) == 1) is is_open


async def test_correction_of_an_invoice_whose_voucher_was_deleted_is_never_booked_r54(
    writer: Writer,
) -> None:
    invoice, voucher_id = await booked(writer)
    await delete(writer, voucher_id)
    event = await writer.event(correction())
    await writer.work(event, deadline=1.0)
    await ten_seconds_later(writer)
    await writer.make_all_due()
    await writer.work()
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", "original_parked")
    gone = await writer.outcome(invoice)
    assert (gone.status, gone.reason, gone.voucher_id) == ("parked", "voucher_deleted", voucher_id)
    assert await writer.vouchers() == []
    [alarm] = await alarms(writer, "voucher_deleted")
    assert alarm.evidence["voucher_id"] == voucher_id


async def test_correction_waits_while_one_look_did_not_find_its_invoices_voucher(writer: Writer) -> None:
    invoice, _ = await booked(writer)
    await writer.lexware.control.fault("GET", "/v1/vouchers/{id}", "not_found_lag", 1)
    event = await writer.event(correction())
    await writer.work(event, deadline=1.0)
    await writer.make_all_due()
    await writer.work()
    assert (await writer.outcome(event.document)).status == "booked"
    assert (await writer.outcome(invoice)).status == "booked"
    assert await alarms(writer, "voucher_deleted") == []


async def test_correction_reads_the_voucher_it_stands_on_once(writer: Writer) -> None:
    await booked(writer)
    before = (await writer.requests()).get(BY_ID, 0)
    await writer.work(await writer.event(correction(), pdf=None))
    requests = await writer.requests()
    assert (requests[CREATE], requests[BY_ID]) == (2, before + 1)


async def test_correction_of_a_changed_voucher_parks_until_it_is_right_again_or_somebody_says_so_r54(
    writer: Writer,
) -> None:
    invoice, voucher_id = await booked(writer)
    await edit(writer, voucher_id, voucherStatus="voided")
    event = await writer.event(correction())
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.reason, outcome.params["invoices"]) == ("original_changed", invoice.number)
    assert len(await alarms(writer, "voucher_changed")) == 1
    await edit(writer, voucher_id, voucherStatus="open")
    await writer.work(writer.retry(event))
    assert (await writer.outcome(event.document)).status == "booked"


async def test_correction_is_booked_in_spite_of_a_change_when_a_person_says_so(writer: Writer) -> None:
    _, voucher_id = await booked(writer)
    await edit(writer, voucher_id, voucherStatus="voided")
    event = await writer.event(correction())
    await writer.work(event)
    await writer.work(writer.resolve(event, "book"))
    assert (await writer.outcome(event.document)).status == "booked"


async def test_night_names_vouchers_that_are_gone_and_their_corrections_park_r54(writer: Writer) -> None:
    invoice, voucher_id = await booked(writer)
    kept = make_invoice(number="R-2")
    await writer.work(await writer.event(kept, make_order(order_id="another")))
    await night(writer)
    assert await alarms(writer, "voucher_deleted") == []
    await delete(writer, voucher_id)
    await night(writer)
    [alarm] = await alarms(writer, "voucher_deleted")
    assert alarm.evidence["voucher_id"] == voucher_id
    assert (await writer.outcome(kept)).status == "booked"
    event = await writer.event(correction())
    await writer.work(event)
    assert (await writer.outcome(event.document)).reason == "original_parked"
    assert (await writer.outcome(invoice)).reason == "voucher_deleted"


async def test_deleted_voucher_that_was_made_again_by_hand_lets_the_correction_go_on_r54(
    writer: Writer,
) -> None:
    invoice = make_invoice()
    issued = await writer.event(invoice)
    await writer.work(issued)
    await delete(writer, (await writer.outcome(invoice)).voucher_id)
    await night(writer)
    event = await writer.event(correction())
    await writer.work(event)
    await writer.work(writer.retry(issued))
    assert (await writer.outcome(invoice)).reason == "voucher_deleted"
    again = await by_hand(writer, invoice.number)
    assert len(await alarms(writer, "voucher_deleted")) == 1
    await writer.work(writer.resolve(issued, "by_hand", voucher_id=again))
    assert (await writer.outcome(invoice)).reason == "booked_by_hand"
    assert await alarms(writer, "voucher_deleted") == []
    assert (await writer.outcome(event.document)).status == "booked"


async def test_what_differed_in_a_voucher_is_told_no_more_once_it_is_deleted(writer: Writer) -> None:
    _, voucher_id = await booked(writer)
    await quarter_later(writer)
    await edit(writer, voucher_id, voucherNumber="OTHER")
    await quarter_later(writer)
    assert len(await alarms(writer, "voucher_changed")) == 1
    await delete(writer, voucher_id)
    await night(writer)
    assert len(await alarms(writer, "voucher_deleted")) == 1
    assert await alarms(writer, "voucher_changed") == []


async def test_voucher_that_the_list_left_out_is_read_by_id_and_told_by_nobody(writer: Writer) -> None:
    await booked(writer)
    await quarter_later(writer)
    empty = {"field": "content", "value": []}
    await writer.lexware.control.fault("GET", "/v1/voucherlist", "spoilt_field", None, **empty)
    await night(writer)
    assert (await writer.requests())[BY_ID] >= 1
    assert await alarms(writer, "voucher_deleted") == []


async def test_deletion_that_repairs_a_double_we_reported_tells_nothing_r54(writer: Writer) -> None:
    invoice, voucher_id = await booked(writer)
    other = await by_hand(writer, invoice.number)
    double = {"vouchers": [voucher_id, other]}
    async with writer.db.sessions.of_all_tenants() as session:
        alarm = Alarm(AlarmKind.DUPLICATE, f"voucher:{uuid4()}", double, writer.tenant_id)
        await raise_alarm(session, alarm)
    await delete(writer, voucher_id)
    await night(writer)
    assert await alarms(writer, "voucher_deleted") == []
    assert (await writer.outcome(invoice)).status == "booked"


@pytest.mark.parametrize("word", [SaidOfDouble.SEEN, SaidOfDouble.KEPT])
async def test_deletion_of_a_voucher_that_was_to_stay_is_told_r54(writer: Writer, word: SaidOfDouble) -> None:
    invoice, voucher_id = await booked(writer)
    other = await by_hand(writer, invoice.number)
    async with writer.db.sessions.of_all_tenants() as session:
        double = {"vouchers": [voucher_id, other]}
        alarm = Alarm(AlarmKind.DUPLICATE, "double", double, writer.tenant_id)
        await report_double(session, alarm, [voucher_id, other])
        await say(session, writer.tenant_id, "double", [voucher_id], word)
    await delete(writer, voucher_id)
    await night(writer)
    assert len(await alarms(writer, "voucher_deleted")) == 1


async def test_deletion_of_both_vouchers_of_a_double_is_told_r54(writer: Writer) -> None:
    invoice, voucher_id = await booked(writer)
    other = await by_hand(writer, invoice.number)
    async with writer.db.sessions.of_all_tenants() as session:
        double = {"bound": voucher_id, "late_answer": other}
        await raise_alarm(session, Alarm(AlarmKind.DUPLICATE, "double", double, writer.tenant_id))
    await delete(writer, other)
    await delete(writer, voucher_id)
    await night(writer)
    assert len(await alarms(writer, "voucher_deleted")) == 1
