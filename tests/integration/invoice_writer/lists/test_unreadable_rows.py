"""A row of the books that does not fit spoils itself and nothing else."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from common.db.models.books import ContactIndexRow, VoucherIndexRow
from common.domain.merchant import MerchantSettings
from factories.documents import make_invoice, make_order
from factories.tenants import save_settings
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.unreadable import alarms, index_is_old, made

EMPTY = {"voucherDate": None, "voucherNumber": None, "totalGrossAmount": None}


@pytest.mark.parametrize("in_filters", [False, True])
@pytest.mark.parametrize("shown", ["null", "absent", "hidden"])
async def test_voucher_without_date_holds_up_no_document_that_has_another_number(
    writer: Writer, shown: str, in_filters: bool
) -> None:
    await writer.lexware.control.settings(undated_row=shown, undated_in_date_filters=in_filters)
    await made(writer, **EMPTY)
    invoices = [make_invoice(number=f"R-{number}") for number in range(3)]
    await writer.work(await writer.event(invoices[0], make_order(order_id="0")))
    await made(writer, **EMPTY)
    await index_is_old(writer)
    for invoice in invoices[1:]:
        await writer.work(await writer.event(invoice, make_order(order_id=invoice.number)))
    assert {(await writer.outcome(invoice)).status for invoice in invoices} == {"booked"}
    assert await alarms(writer, "books_row_unreadable") == []


@pytest.mark.parametrize("when", ["before the first reading", "after it"])
async def test_voucher_without_date_takes_the_number_and_is_left_to_a_person(
    writer: Writer, when: str
) -> None:
    if when == "after it":
        await writer.work(await writer.event(make_invoice(number="R-0"), make_order(order_id="0")))
        await index_is_old(writer)
    invoice = make_invoice()
    there = await made(writer, voucherNumber=invoice.number, voucherDate=None)
    await made(writer, 260, voucherNumber="P-{}", voucherDate="2025-03-01")
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert (outcome.reason, outcome.params["vouchers"]) == ("number_taken_in_books", [there])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("voucherDate", ""),
        ("voucherType", None),
        ("voucherType", []),
        ("totalAmount", ""),
        ("updatedDate", "yesterday"),
        ("voucherStatus", {}),
        ("currency", 7),
    ],
)
async def test_row_with_an_unreadable_field_still_takes_its_number(
    writer: Writer, field: str, value: Any
) -> None:
    invoice, other = make_invoice(), make_invoice(number="R-2")
    await made(writer, voucherNumber=invoice.number, voucherDate="2025-02-01")
    spoilt = {"field": f"content.0.{field}", "value": value}
    await writer.lexware.control.fault("GET", "/v1/voucherlist", "spoilt_field", None, **spoilt)
    await writer.work(await writer.event(invoice), await writer.event(other, make_order(order_id="another")))
    assert (await writer.outcome(invoice)).reason == "number_taken_in_books"
    assert (await writer.outcome(other)).status == "booked"


async def test_rows_that_do_not_fit_are_told_in_one_alarm_that_closes_with_them(writer: Writer) -> None:
    there = await made(writer, voucherNumber="P-1", voucherDate="2025-02-01")
    spoilt = {"field": "content.0.totalAmount", "value": "much"}
    await writer.lexware.control.fault("GET", "/v1/voucherlist", "spoilt_field", None, **spoilt)
    for number in ("R-1", "R-2"):
        await writer.work(await writer.event(make_invoice(number=number), make_order(order_id=number)))
        await index_is_old(writer, 86_400.0)
    [alarm] = await alarms(writer, "books_row_unreadable")
    assert (alarm.evidence["list"], alarm.evidence["rows"]) == ("vouchers", {there: ["totalAmount"]})
    await writer.lexware.control.clear_faults()
    await writer.work(await writer.event(make_invoice(number="R-3"), make_order(order_id="R-3")))
    assert await alarms(writer, "books_row_unreadable") == []
    assert len(await alarms(writer, "books_row_unreadable", is_open=False)) == 1


async def test_row_without_id_is_lost_and_the_others_are_kept(writer: Writer) -> None:
    kept = await made(writer, voucherNumber="P-1", voucherDate="2025-02-01")
    await made(writer, voucherNumber="P-2", voucherDate="2025-02-02")
    spoilt = {"field": "content.0.id", "value": None}
    await writer.lexware.control.fault("GET", "/v1/voucherlist", "spoilt_field", None, **spoilt)
    await writer.work(await writer.event(make_invoice()))
    async with writer.db.reading.of_all_tenants() as session:
        assert list(await session.scalars(select(VoucherIndexRow.voucher_id))) == [kept]
    assert len(await alarms(writer, "books_row_unreadable")) == 1


@pytest.mark.parametrize("field", ["id", "company", "person", "addresses", "archived"])
async def test_contact_that_cannot_be_read_costs_itself_and_no_other(writer: Writer, field: str) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, **MerchantSettings(contacts="single").model_dump())
    await writer.add_contact(person={"lastName": "Aal"})
    there = await writer.add_contact(person={"lastName": "Zander"}, archived=True)
    await asyncio.sleep(0.1)
    spoilt = {"field": f"content.0.{field}", "value": ["?"]}
    await writer.lexware.control.fault("GET", "/v1/contacts", "spoilt_field", None, **spoilt)
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).status == "booked"
    async with writer.db.reading.of_all_tenants() as session:
        known = set(await session.scalars(select(ContactIndexRow.contact_id)))
    assert there in known
    [alarm] = await alarms(writer, "books_row_unreadable")
    assert alarm.evidence["list"] == "contacts"


async def test_category_that_cannot_be_read_costs_itself_and_no_other(writer: Writer) -> None:
    await writer.lexware.control.fault(
        "GET", "/v1/posting-categories", "spoilt_field", None, field="61.type", value=None
    )
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).status == "booked"
    [alarm] = await alarms(writer, "books_row_unreadable")
    assert alarm.evidence["list"] == "categories"


async def test_profile_is_read_without_what_no_decision_depends_on(writer: Writer) -> None:
    await writer.lexware.control.fault(
        "GET", "/v1/profile", "spoilt_field", None, field="companyName", value={}
    )
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).status == "booked"
