"""Closed periods and paid vouchers: what the books refuse is parked or noted, and nothing is booked twice."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from common.db.models.line import DeadLetterRow
from common.events.commands import AttachFile, ReleaseParked
from common.events.documents import DocumentFileStored, DocumentIssued
from factories.documents import make_credit_note, make_invoice, make_order
from factories.tenants import save_settings
from integration.invoice_writer.harness import ATTACH, CREATE, Writer


async def close_until(writer: Writer, day: str | None) -> None:
    """The adviser closed the books up to this day, or opened them again."""
    organization_id = writer.organization["organization_id"]
    await writer.lexware.control.post(f"organizations/{organization_id}", {"closedUntil": day})


def attach(event: DocumentIssued) -> AttachFile:
    """A person asks for the file."""
    return AttachFile.about(event.ref, command_id=uuid4(), again=True)


async def late_file(writer: Writer, event: DocumentIssued) -> DocumentFileStored:
    return DocumentFileStored.about(event.ref, pdf=await writer.archive(b"%PDF-1.4 late"))


def retry_all(writer: Writer, reason: str) -> ReleaseParked:
    return ReleaseParked(
        tenant_id=writer.tenant_id,
        connection_id=writer.books_id,
        command_id=uuid4(),
        released_by="person",
        reasons=(reason,),
    )


async def no_dead_letters(writer: Writer) -> bool:
    async with writer.db.reading.of_all_tenants() as session:
        return (await session.scalars(select(DeadLetterRow))).first() is None


async def test_documents_of_a_closed_period_are_booked_once_when_it_is_open_again(writer: Writer) -> None:
    await close_until(writer, "2025-12-31")
    invoices = [make_invoice(number=f"R-{number}") for number in range(3)]
    orders = [make_order(order_id=f"order-{number}") for number in range(3)]
    events = [await writer.event(invoice, order) for invoice, order in zip(invoices, orders, strict=True)]
    await writer.work(*events)
    assert {(await writer.outcome(invoice)).reason for invoice in invoices} == {"locked_period"}
    await writer.work(retry_all(writer, "locked_period"))
    assert await writer.vouchers() == []
    await close_until(writer, None)
    await writer.work(retry_all(writer, "locked_period"))
    assert {(await writer.outcome(invoice)).status for invoice in invoices} == {"booked"}
    assert sorted(voucher["voucherNumber"] for voucher in await writer.vouchers()) == ["R-0", "R-1", "R-2"]
    assert await no_dead_letters(writer)


async def test_correction_follows_its_invoice_out_of_a_closed_period(writer: Writer) -> None:
    await close_until(writer, "2025-12-31")
    invoice, correction = make_invoice(), make_credit_note()
    await writer.work(await writer.event(invoice), await writer.event(correction))
    assert (await writer.outcome(correction)).reason == "original_parked"
    await close_until(writer, None)
    await writer.work(retry_all(writer, "locked_period"))
    assert [(await writer.outcome(document)).status for document in (invoice, correction)] == ["booked"] * 2


@pytest.mark.parametrize("lock", ["paid", "partly paid", "closed period"])
async def test_file_for_a_locked_voucher_is_refused_with_a_note_and_never_books_again(
    writer: Writer, lock: str
) -> None:
    await writer.lexware.control.settings(refuse_files_when_locked=True)
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    voucher_id = (await writer.outcome(event.document)).voucher_id
    if lock == "closed period":
        await close_until(writer, "2025-12-31")
    else:
        await writer.lexware.control.post(
            f"vouchers/{voucher_id}/pay", {"amount": 1} if "partly" in lock else {}
        )
    await writer.work(await late_file(writer, event))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.voucher_id) == ("booked", voucher_id)
    assert (outcome.file_status, outcome.file_note) == ("refused", "voucher_locked")
    assert (await writer.requests())[CREATE] == 1
    assert await no_dead_letters(writer)


async def test_refused_file_is_attached_when_a_person_asks_and_the_lock_is_gone(writer: Writer) -> None:
    await writer.lexware.control.settings(refuse_files_when_locked=True)
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    await close_until(writer, "2025-12-31")
    await writer.work(await late_file(writer, event))
    await writer.work(attach(event))
    assert (await writer.outcome(event.document)).file_status == "refused"
    await close_until(writer, None)
    await writer.work(attach(event))
    assert (await writer.outcome(event.document)).file_status == "attached"
    [voucher] = await writer.vouchers()
    assert len(voucher["files"]) == 1


async def test_file_that_is_attached_is_not_sent_again(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await writer.work(event)
    await writer.work(attach(event))
    assert (await writer.requests())[ATTACH] == 1


async def test_merchant_who_wants_no_files_gets_vouchers_without(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, send_pdf=False)
    event, later = (
        await writer.event(make_invoice()),
        await writer.event(make_invoice(number="R-2"), pdf=None),
    )
    await writer.work(event, later, await late_file(writer, later))
    for document in (event.document, later.document):
        outcome = await writer.outcome(document)
        assert (outcome.status, outcome.file_status) == ("booked", "not_wanted")
    assert ATTACH not in await writer.requests()


async def test_file_that_was_not_wanted_is_attached_when_a_person_asks(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, send_pdf=False)
    event = await writer.event(make_invoice())
    await writer.work(event)
    await writer.work(attach(event))
    assert (await writer.outcome(event.document)).file_status == "attached"
