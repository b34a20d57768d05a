"""A number that came again with other content is a person's to judge; no automatism goes past it (R11)."""

from uuid import uuid4, uuid5

from sqlalchemy import delete

from common.db.models.line import InboxRow
from common.domain.merchant import GOODS_CATEGORY
from common.events.commands import ReleaseParked
from common.events.documents import DocumentConflicted, DocumentIssued
from common.events.vouchers import DocumentParked, VoucherBooked
from factories.documents import make_credit_note, make_invoice, zero_rated
from factories.tenants import save_settings
from integration.invoice_writer.harness import Writer


def conflict(writer: Writer, event: DocumentIssued) -> DocumentConflicted:
    """The number came again with other content."""
    return DocumentConflicted.about(
        event.ref,
        known_hash=event.content_hash,
        content_hash="0" * 64,
    )


def settings_changed(writer: Writer) -> ReleaseParked:
    """What the API sends after new settings."""
    return ReleaseParked(
        tenant_id=writer.tenant_id, connection_id=writer.books_id, released_by="settings", command_id=uuid4()
    )


async def test_conflict_in_line_before_the_release_keeps_the_document_parked(writer: Writer) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event)
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    await writer.work(settings_changed(writer), conflict(writer, event))
    outcome = await writer.outcome(event.document)
    if outcome.voucher_id is None:
        assert outcome.reason == "document_conflict"
    assert outcome.status == "parked"
    await writer.work(writer.retry(event))
    assert (await writer.outcome(event.document)).status == "booked"
    assert len(await writer.vouchers()) == 1


async def test_retry_nobody_asked_for_does_not_overrule_a_conflict_before_it(writer: Writer) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event)
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    automatic = writer.retry(event).model_copy(update={"command_id": uuid5(event.document_id, "1")})
    await writer.work(conflict(writer, event), automatic)
    assert (await writer.outcome(event.document)).reason == "document_conflict"
    assert await writer.vouchers() == []


async def test_conflict_of_a_waiting_correction_is_not_overruled_by_its_invoice(writer: Writer) -> None:
    event = await writer.event(make_credit_note())
    await writer.work(event)
    await writer.work(conflict(writer, event))
    await writer.work(await writer.event(make_invoice()))
    assert (await writer.outcome(event.document)).reason == "document_conflict"


async def test_conflict_again_is_noted_and_announced_once(writer: Writer) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event, conflict(writer, event))
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(delete(InboxRow))
    await writer.work(conflict(writer, event))
    assert await writer.story(event.document) == ["parked", "parked"]
    reasons = [fact.reason for fact in await writer.announced() if isinstance(fact, DocumentParked)]
    assert reasons == ["zero_rate_unmapped", "document_conflict"]


async def test_booking_is_announced_once_whatever_is_received_again(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await writer.work(event, conflict(writer, event))
    await writer.work(writer.retry(event))
    await writer.work(writer.retry(event))
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(delete(InboxRow))
    await writer.work(event)
    facts = await writer.announced()
    assert [type(fact) for fact in facts] == [VoucherBooked]
    assert await writer.story(event.document) == ["booked", "file_attached", "parked", "booked"]
