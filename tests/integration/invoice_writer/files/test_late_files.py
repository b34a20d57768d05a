"""Files that come late, twice or with trouble: the voucher stands, and no file is left behind."""

from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from common.db.models.line import DeadLetterRow, InboxRow
from common.domain.documents import OriginalRef
from common.domain.merchant import GOODS_CATEGORY
from common.events.commands import ReleaseParked
from common.events.documents import DocumentFileMissed, DocumentFileStored, DocumentIssued
from factories.documents import make_credit_note, make_invoice, zero_rated
from factories.tenants import save_settings
from integration.invoice_writer.harness import ATTACH, CREATE, Writer
from integration.invoice_writer.watching import delete as vanish
from integration.invoice_writer.watching import night


def stored(writer: Writer, event: DocumentIssued, pdf: OriginalRef) -> DocumentFileStored:
    """The shop delivered the file."""
    return DocumentFileStored.about(event.ref, pdf=pdf)


async def forget_inbox(writer: Writer) -> None:
    """The inbox holds nothing any more: everything may come again."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(delete(InboxRow))


async def file_trouble(writer: Writer, kind: str = "server_error", times: int | None = None) -> None:
    """Uploads go wrong."""
    await writer.lexware.control.fault("POST", ATTACH.split()[1], kind, times)


async def test_file_stored_while_parked_is_attached_when_the_document_is_booked(writer: Writer) -> None:
    event = await writer.event(zero_rated(), pdf=None)
    await writer.work(event, stored(writer, event, await writer.archive(b"%PDF-1.4 late")))
    assert (await writer.outcome(event.document)).status == "parked"
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    await writer.work(
        ReleaseParked(
            tenant_id=writer.tenant_id,
            connection_id=writer.books_id,
            released_by="settings",
            command_id=uuid4(),
        )
    )
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.file_status) == ("booked", "attached")


async def test_file_event_again_leaves_the_file_attached(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    file = stored(writer, event, await writer.archive(b"%PDF-1.4 late"))
    await writer.work(event, file)
    await forget_inbox(writer)
    await writer.work(file)
    assert (await writer.outcome(event.document)).file_status == "attached"
    assert (await writer.requests())[ATTACH] == 1
    assert await writer.story(event.document) == ["booked", "file_stored", "file_attached"]


async def test_other_bytes_after_the_file_was_attached_change_nothing(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await writer.work(event)
    before = await writer.outcome(event.document)
    await writer.work(stored(writer, event, await writer.archive(b"%PDF-1.4 other")))
    after = await writer.outcome(event.document)
    assert (after.file_status, after.pdf_sha256) == ("attached", before.pdf_sha256)
    assert (await writer.requests())[ATTACH] == 1


async def test_good_file_after_a_refused_one_is_attached(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=b"no pdf")
    await writer.work(event)
    assert (await writer.outcome(event.document)).file_status == "refused"
    await writer.work(stored(writer, event, await writer.archive(b"%PDF-1.4 good")))
    assert (await writer.outcome(event.document)).file_status == "attached"


async def test_file_that_is_not_in_the_archive_kills_no_message_and_holds_up_nobody(writer: Writer) -> None:
    event = (await writer.event(make_invoice(), pdf=None)).model_copy(
        update={"pdf": OriginalRef(sha256="0" * 64, size=100)}
    )
    correction = make_credit_note()
    await writer.work(event, await writer.event(correction, pdf=None))
    assert (await writer.outcome(event.document)).file_status == "missing"
    assert (await writer.outcome(correction)).status == "booked"
    async with writer.db.reading.of_all_tenants() as session:
        assert (await session.scalars(select(DeadLetterRow))).all() == []


@pytest.mark.parametrize("kind", ["server_error", "drop_before_commit", "forbidden"])
async def test_correction_does_not_wait_for_the_file_of_its_invoice(writer: Writer, kind: str) -> None:
    invoice, correction = make_invoice(), make_credit_note()
    await file_trouble(writer, kind)
    events = [await writer.event(invoice), await writer.event(correction, pdf=None)]
    await writer.work_until(lambda: writer.is_booked(correction), *events)  # the file is tried for ever
    assert (await writer.outcome(invoice)).file_status == "pending"
    assert (await writer.outcome(correction)).status == "booked"
    assert (await writer.requests())[CREATE] == 2


async def test_file_that_is_there_is_not_given_up(writer: Writer) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event, DocumentFileMissed.about(event.ref))
    assert (await writer.outcome(event.document)).file_status == "pending"


async def test_file_of_a_voucher_that_was_deleted_waits_for_nothing(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    await vanish(writer, (await writer.outcome(event.document)).voucher_id)
    await night(writer)
    await writer.work(stored(writer, event, await writer.archive(b"%PDF-1.4 late")))
    outcome = await writer.outcome(event.document)
    assert (outcome.file_status, outcome.file_note) == ("refused", "voucher_deleted")
    async with writer.db.reading.of_all_tenants() as session:
        assert (await session.scalars(select(InboxRow).where(InboxRow.done_at.is_(None)))).all() == []
