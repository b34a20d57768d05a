"""Every document ends in exactly one outcome, and a parked one goes on when its cause is gone."""

import asyncio
import dataclasses
import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from common.db.models.core import ConnectionRow
from common.domain.merchant import GOODS_CATEGORY
from common.events.commands import ReleaseParked
from common.events.documents import DocumentConflicted, DocumentFileMissed, DocumentFileStored
from common.events.vouchers import DocumentExcluded, DocumentParked
from common.inbox.accept import accept
from common.transport.base import Incoming
from factories.documents import euro, make_address, make_credit_note, make_invoice, make_order, zero_rated
from factories.tenants import save_settings
from integration.invoice_writer.harness import CREATE, LASTING, Writer

ABROAD = make_address(country="AT", zip_code="1010", city="Wien")


def by_hand(writer: Writer, number: str, gross: str) -> dict[str, Any]:
    """A voucher somebody else made."""
    return {
        "organization_id": writer.organization["organization_id"],
        "type": "salesinvoice",
        "voucherNumber": number,
        "voucherDate": "2025-03-04",
        "totalGrossAmount": gross,
    }


async def lag_passes() -> None:
    """The list shows what was written before."""
    await asyncio.sleep(0.1)


async def test_document_that_cannot_be_booked_is_parked_and_never_sent_r4(writer: Writer) -> None:
    invoice = make_invoice(address=ABROAD)
    await writer.work(await writer.event(invoice, make_order(billing_address=ABROAD)))
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.reason) == ("parked", "distance_sales_unset")
    assert outcome.rules
    assert await writer.vouchers() == []
    (fact,) = await writer.announced()
    assert isinstance(fact, DocumentParked)


async def test_zero_total_is_excluded_by_name(writer: Writer) -> None:
    invoice = make_invoice(gross_total=euro("0"), lines=())
    await writer.work(await writer.event(invoice, pdf=None))
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.reason) == ("excluded", "zero_total")
    assert isinstance((await writer.announced())[0], DocumentExcluded)


async def test_new_settings_release_what_they_cure(writer: Writer) -> None:
    invoice = zero_rated()
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "zero_rate_unmapped"
    version = await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    release = ReleaseParked(
        tenant_id=writer.tenant_id, connection_id=writer.tenant_id, released_by="settings", command_id=uuid4()
    )
    await writer.work(release)
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.settings_version_id) == ("booked", version)
    assert await writer.story(invoice) == ["parked", "booked", "file_attached"]


async def test_other_content_under_a_known_number_is_parked_and_booked_once_r11(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    conflict = DocumentConflicted.about(
        event.ref,
        known_hash=event.content_hash,
        content_hash="0" * 64,
    )
    await writer.work(event, conflict)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", "document_conflict")
    assert outcome.voucher_id is not None
    await writer.work(writer.retry(event))
    assert (await writer.outcome(event.document)).status == "booked"
    assert len(await writer.vouchers()) == 1


async def test_correction_before_its_invoice_waits_and_goes_on_when_it_came_r37(writer: Writer) -> None:
    correction, invoice = make_credit_note(), make_invoice()
    await writer.work(await writer.event(correction))
    waiting = await writer.outcome(correction)
    assert (waiting.status, waiting.reason) == ("waiting", "original_missing")
    assert waiting.waits_until is not None
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(correction)).status == "booked"
    assert len(await writer.vouchers()) == 2


async def test_file_that_comes_later_is_attached_without_booking_again(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    assert (await writer.outcome(event.document)).file_status == "pending"
    stored = DocumentFileStored.about(
        event.ref,
        pdf=await writer.archive(b"%PDF-1.4 late"),
    )
    await writer.work(stored)
    assert (await writer.outcome(event.document)).file_status == "attached"
    assert (await writer.requests())[CREATE] == 1


async def test_file_the_shop_never_delivers_is_missing(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    missed = DocumentFileMissed.about(
        event.ref,
    )
    await writer.work(event, missed)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.file_status) == ("booked", "missing")


@pytest.mark.parametrize("content", [b"no pdf at all", b"%PDF" + bytes(5 * 1024 * 1024)])
async def test_file_that_is_no_pdf_or_too_large_is_refused_and_the_voucher_stands(
    writer: Writer, content: bytes
) -> None:
    event = await writer.event(make_invoice(), pdf=content)
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.file_status) == ("booked", "refused")
    assert (await writer.vouchers())[0]["files"] == []


async def test_voucher_of_a_predecessor_is_adopted(writer: Writer) -> None:
    invoice = make_invoice()
    made = await writer.lexware.control.post("vouchers", by_hand(writer, invoice.number, "49.90"))
    await lag_passes()
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.how, outcome.voucher_id) == ("booked", "adopted", made["id"])
    assert CREATE not in await writer.requests()


async def test_number_taken_by_another_voucher_is_parked_until_a_person_chooses(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await writer.lexware.control.post("vouchers", by_hand(writer, event.number, "11.90"))
    await lag_passes()
    await writer.work(event)
    assert (await writer.outcome(event.document)).reason == "number_taken_in_books"
    await writer.work(writer.resolve(event, "book"))
    assert (await writer.outcome(event.document)).how == "written"
    assert len(await writer.vouchers()) == 2


async def test_what_the_books_refuse_is_parked_with_their_words(writer: Writer) -> None:
    invoice = make_invoice()
    organization_id = writer.organization["organization_id"]
    await writer.lexware.control.post(f"organizations/{organization_id}", {"closedUntil": "2025-12-31"})
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.reason) == ("parked", "locked_period")
    assert outcome.params["issues"][0]["source"] == "voucherDate"


async def test_revoked_key_parks_until_the_books_are_connected_again(writer: Writer) -> None:
    writer.breaker = LASTING
    invoice = make_invoice()
    await writer.lexware.control.post("revoke", {"token": writer.organization["api_key"]})
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "reconnect_needed"


async def test_other_organization_stops_the_line(writer: Writer) -> None:
    invoice = make_invoice()
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(ConnectionRow).values(address=str(uuid4())))
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "organization_changed"
    assert await writer.vouchers() == []


async def test_message_that_is_no_event_is_a_dead_letter_and_its_document_shows_r4(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    broken = json.loads(event.model_dump_json())
    del broken["document"]
    message = dataclasses.replace(Incoming.of(event), payload=json.dumps(broken).encode())
    async with writer.db.sessions.of_all_tenants() as session:
        await accept(session, "invoice-writer", [message])
    other = make_invoice(number="R-2")
    await writer.work(await writer.event(other, make_order(order_id="another")))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", "internal_error")
    assert (await writer.outcome(other)).status == "booked"
