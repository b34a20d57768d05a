"""A person accepts that an e-invoice differs: of one document, or of all that are parked for it (R49)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from common.db.models.books import EInvoiceAcceptanceRow
from common.domain.documents import Document
from common.events.commands import AcceptEInvoiceDifference, AcceptEInvoiceDifferences
from common.events.documents import DocumentIssued
from factories.documents import make_invoice, make_order
from factories.einvoices import make_xml
from integration.invoice_writer.files.einvoices import file_of, issued
from integration.invoice_writer.harness import Writer
from invoice_writer.files import accepting

ACCEPTED = "einvoice.difference_accepted"
TOTAL = {"grand_total": {"einvoice": "50.90 EUR", "voucher": "49.90 EUR"}}
WHY = "the shop rounds its e-invoices"


def accept_one(writer: Writer, event: DocumentIssued, differences: dict[str, Any]) -> Any:
    """The person saw these differences of the document and accepts them."""
    return AcceptEInvoiceDifference.about(event.ref, command_id=uuid4(), differences=differences, because=WHY)


def accept_all(writer: Writer, **over: Any) -> Any:
    """The person accepts whatever is parked by now."""
    asked_id = uuid4()
    values: dict[str, Any] = {
        "tenant_id": writer.tenant_id,
        "connection_id": writer.shop_id,
        "command_id": asked_id,
        "asked_id": asked_id,
        "because": WHY,
        "parked_until": datetime.now(UTC) + timedelta(minutes=5),
    }
    return AcceptEInvoiceDifferences(**(values | over))


async def parked(writer: Writer, place: int, xml: str = "50.90", tax: str = "7.97") -> Document:
    """A document of its own order that is parked for its e-invoice."""
    document = make_invoice(number=f"R-{place}")
    event = await issued(writer, document, make_xml(xml, tax, number=document.number))
    order = make_order(order_id=f"order-{place}")
    await writer.work(event.model_copy(update={"order": order, "order_id": order.order_id}))
    assert (await writer.outcome(document)).reason == "einvoice_differs"
    return document


async def test_r49_an_accepted_difference_is_booked_as_the_shop_says_and_stays_on_record(
    writer: Writer,
) -> None:
    document = make_invoice()
    event = await issued(writer, document, make_xml("50.90"))
    await writer.work(event)
    await writer.work(accept_one(writer, event, TOTAL))
    row = await writer.outcome(document)
    assert (row.status, ACCEPTED in row.rules, "einvoice.agrees" in row.rules) == ("booked", True, False)
    assert row.evidence["einvoice"]["differences"] == TOTAL
    (voucher,) = await writer.vouchers()
    assert str(voucher["totalGrossAmount"]) == "49.9"
    assert "einvoice_difference_accepted" in await writer.story(document)
    async with writer.db.reading.of_all_tenants() as session:
        kept = (await session.scalars(select(EInvoiceAcceptanceRow))).one()
    assert (kept.differences, kept.because, kept.document_id) == (TOTAL, WHY, event.document_id)


async def test_r49_only_what_the_person_saw_is_accepted(writer: Writer) -> None:
    document = make_invoice()
    event = await issued(writer, document, make_xml("50.90"))
    await writer.work(event)
    other = {"grand_total": {"einvoice": "60.90 EUR", "voucher": "49.90 EUR"}}
    await writer.work(accept_one(writer, event, other), writer.retry(event))
    assert (await writer.outcome(document)).reason == "einvoice_differs"


async def test_r49_another_file_that_came_meanwhile_parks_with_its_own_values(writer: Writer) -> None:
    document = make_invoice()
    event = await issued(writer, document, make_xml("50.90"))
    await writer.work(event)
    await writer.work(await file_of(writer, event, make_xml("60.90")))
    await writer.work(accept_one(writer, event, TOTAL))
    row = await writer.outcome(document)
    assert (row.reason, row.params["differences"]["grand_total"]["einvoice"]) == (
        "einvoice_differs",
        "60.90 EUR",
    )


async def test_r49_all_of_a_cause_are_accepted_page_by_page_and_only_they(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "PAGE", 2)
    totals = [await parked(writer, place) for place in range(3)]
    taxes = [await parked(writer, 7, "49.90", "5.00")]
    await writer.work(accept_all(writer, about={"differs": "grand_total"}))
    assert {(await writer.outcome(document)).status for document in totals} == {"booked"}
    assert (await writer.outcome(taxes[0])).params["differs"] == "tax_total"
    await writer.work(accept_all(writer))
    assert (await writer.outcome(taxes[0])).status == "booked"


async def test_r49_what_parks_after_the_person_looked_is_not_accepted_with_the_others(
    writer: Writer,
) -> None:
    document = await parked(writer, 1)
    await writer.work(accept_all(writer, parked_until=datetime.now(UTC) - timedelta(hours=1)))
    assert (await writer.outcome(document)).status == "parked"


async def test_the_same_command_again_is_recorded_once(writer: Writer) -> None:
    document = make_invoice()
    event = await issued(writer, document, make_xml("50.90"))
    await writer.work(event)
    command = accept_one(writer, event, TOTAL)
    await writer.work(command)
    await writer.work(command)
    async with writer.db.reading.of_all_tenants() as session:
        assert await session.scalar(select(func.count()).select_from(EInvoiceAcceptanceRow)) == 1
    assert (await writer.story(document)).count("einvoice_difference_accepted") == 1
    assert len(await writer.vouchers()) == 1


@pytest.mark.parametrize(
    "statement", [update(EInvoiceAcceptanceRow).values(because="x"), delete(EInvoiceAcceptanceRow)]
)
async def test_r1_what_was_accepted_is_never_changed(writer: Writer, statement: Any) -> None:
    event = await issued(writer, make_invoice(), make_xml("50.90"))
    await writer.work(event)
    await writer.work(accept_one(writer, event, TOTAL))
    with pytest.raises(DBAPIError):
        async with writer.db.sessions.of_all_tenants() as session:
            await session.execute(statement)
