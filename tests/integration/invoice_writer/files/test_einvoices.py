"""The e-invoice inside a PDF is compared with the voucher (R49): before booking, or afterwards if late."""

from typing import Any

import pytest
from sqlalchemy import select

from common.db.models.books import TimelineRow
from common.db.models.effects import AlarmRow
from common.domain.merchant import GOODS_CATEGORY
from factories.documents import make_credit_note, make_invoice, zero_rated
from factories.einvoices import make_xml
from factories.tenants import save_settings
from integration.invoice_writer.files.einvoices import file_of, issued
from integration.invoice_writer.harness import ATTACH, Writer

DIFFERS = "einvoice_differs"
HOSTILE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + make_xml().split(b"?>", 1)[1]


async def alarms(writer: Writer) -> list[AlarmRow]:
    """Every alarm."""
    async with writer.db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(AlarmRow))).all())


async def test_r49_an_einvoice_that_agrees_is_evidence_of_the_booking(writer: Writer) -> None:
    document = make_invoice()
    await writer.work(await issued(writer, document, make_xml()))
    row = await writer.outcome(document)
    assert (row.status, row.file_status) == ("booked", "attached")
    assert "einvoice.agrees" in row.rules
    assert row.evidence["einvoice"]["grand_total"]["minor"] == 4990
    assert row.decision is not None
    assert "einvoice.agrees" in row.decision["rules"]


async def test_r49_the_original_is_attached_unchanged(writer: Writer) -> None:
    event = await issued(writer, make_invoice(), make_xml())
    await writer.work(event)
    assert event.pdf is not None
    (voucher,) = await writer.vouchers()
    state = await writer.lexware.control.state(only="files")
    sizes = [file["size"] for file in state["files"] if file["id"] in voucher["files"]]
    assert sizes == [event.pdf.size]


@pytest.mark.parametrize(
    ("xml", "differing"),
    [
        (make_xml("50.90"), {"grand_total": {"einvoice": "50.90 EUR", "voucher": "49.90 EUR"}}),
        (make_xml(tax="9.97"), {"tax_total": {"einvoice": "9.97 EUR", "voucher": "7.97 EUR"}}),
        (make_xml(number="R-1"), {"number": {"einvoice": "R-1", "voucher": "R-2025-0311"}}),
        (make_xml(kind="381"), {"kind": {"einvoice": "credit_note", "voucher": "invoice"}}),
    ],
    ids=["total", "tax", "number", "kind"],
)
async def test_r49_a_difference_parks_the_document_with_both_values(
    writer: Writer, xml: bytes, differing: dict[str, Any]
) -> None:
    document = make_invoice()
    await writer.work(await issued(writer, document, xml))
    row = await writer.outcome(document)
    assert (row.status, row.reason, row.params["differences"]) == ("parked", DIFFERS, differing)
    assert row.params["differs"] == "+".join(differing)
    assert row.evidence["einvoice"]["sha256"]
    assert await writer.vouchers() == []


async def test_r49_another_currency_parks_the_document(writer: Writer) -> None:
    document = make_invoice()
    await writer.work(await issued(writer, document, make_xml(currency="CHF")))
    row = await writer.outcome(document)
    assert (row.reason, set(row.params["differences"])) == (DIFFERS, {"grand_total", "tax_total"})


async def test_r36_a_correction_is_compared_by_its_direction(writer: Writer) -> None:
    document, correction = make_invoice(), make_credit_note()
    xml = make_xml("49.90", number=correction.number, kind="381")
    await writer.work(await writer.event(document, pdf=None), await issued(writer, correction, xml))
    assert (await writer.outcome(correction)).status == "booked"
    assert "einvoice.agrees" in (await writer.outcome(correction)).rules


async def test_r36_an_invoice_below_zero_agrees_with_the_correction(writer: Writer) -> None:
    document, correction = make_invoice(), make_credit_note()
    xml = make_xml("-49.90", "-7.97", number=correction.number)
    await writer.work(await writer.event(document, pdf=None), await issued(writer, correction, xml))
    assert "einvoice.agrees" in (await writer.outcome(correction)).rules


@pytest.mark.parametrize("xml", [b"no xml", make_xml()[:200], HOSTILE], ids=["text", "cut", "entity"])
async def test_an_einvoice_nobody_can_read_is_noted_and_does_not_keep_the_voucher_back(
    writer: Writer, xml: bytes
) -> None:
    document = make_invoice()
    await writer.work(await issued(writer, document, xml))
    row = await writer.outcome(document)
    assert (row.status, row.evidence["einvoice"]["problem"] != "") == ("booked", True)
    assert "einvoice.unreadable" in row.rules
    assert "root:" not in str(row.evidence)


async def test_an_einvoice_lost_from_the_archive_does_not_kill_the_message(writer: Writer) -> None:
    document = make_invoice()
    event = await writer.event(document)
    assert event.pdf is not None
    lost = event.pdf.model_copy(update={"einvoice_sha256": "0" * 64})
    await writer.work(event.model_copy(update={"pdf": lost}))
    row = await writer.outcome(document)
    assert (row.status, row.evidence["einvoice"]["problem"]) == ("booked", "archive.missing")


async def test_r49_a_pdf_that_comes_after_the_booking_raises_an_alarm_and_the_booking_stands(
    writer: Writer,
) -> None:
    document = make_invoice()
    event = await writer.event(document, pdf=None)
    await writer.work(event)
    file = await file_of(writer, event, make_xml("59.90"))
    await writer.work(file)
    row = await writer.outcome(document)
    assert (row.status, row.reason, row.file_status) == ("booked", None, "attached")
    assert await writer.story(document) == ["booked", "file_stored", DIFFERS, "file_attached"]
    (alarm,) = await alarms(writer)
    differing = {"grand_total": {"einvoice": "59.90 EUR", "voucher": "49.90 EUR"}}
    assert (alarm.kind, alarm.tenant_id, alarm.evidence["differences"]) == (
        DIFFERS,
        writer.tenant_id,
        differing,
    )
    assert alarm.evidence["voucher_id"] == row.voucher_id
    assert len(await writer.vouchers()) == 1


async def test_a_late_difference_is_told_once_however_often_the_file_is_tried(writer: Writer) -> None:
    document = make_invoice()
    event = await writer.event(document, pdf=None)
    await writer.work(event)
    await writer.lexware.control.fault("POST", ATTACH.split()[1], "server_error", 2)
    await writer.work(await file_of(writer, event, make_xml("59.90")), deadline=30)
    assert len(await alarms(writer)) == 1
    async with writer.db.reading.of_all_tenants() as session:
        notes = (await session.scalars(select(TimelineRow.what))).all()
    assert notes.count(DIFFERS) == 1


@pytest.mark.parametrize("xml", [make_xml(), HOSTILE], ids=["agrees", "unreadable"])
async def test_a_late_einvoice_that_says_nothing_else_raises_no_alarm(writer: Writer, xml: bytes) -> None:
    document = make_invoice()
    event = await writer.event(document, pdf=None)
    await writer.work(event)
    await writer.work(await file_of(writer, event, xml))
    assert (await writer.outcome(document)).file_status == "attached"
    assert await alarms(writer) == []


async def test_r49_a_pdf_that_comes_while_the_document_is_parked_is_compared_before_booking(
    writer: Writer,
) -> None:
    document = zero_rated()
    event = await writer.event(document, pdf=None)
    await writer.work(event)
    assert (await writer.outcome(document)).status == "parked"
    await writer.work(await file_of(writer, event, make_xml("59.90", "0.00", number=document.number)))
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    await writer.work(writer.retry(event))
    row = await writer.outcome(document)
    assert (row.status, row.reason) == ("parked", DIFFERS)
    assert await writer.vouchers() == []


async def test_a_voucher_in_doubt_is_reconciled_before_a_late_einvoice_counts(
    writer: Writer,
) -> None:
    document = make_invoice()
    event = await writer.event(document, pdf=None)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "timeout_after_commit", 1)
    await writer.work(event, await file_of(writer, event, make_xml("59.90")), deadline=30)
    row = await writer.outcome(document)
    assert (row.status, row.how) == ("booked", "reconciled")
    assert [alarm.kind for alarm in await alarms(writer)] == [DIFFERS]
    assert len(await writer.vouchers()) == 1
