"""E-invoices inside the shop's PDF files are kept beside them, bit for bit (R8), and announced."""

import base64
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from common.db.dialect import db_now
from common.db.models.ingest import DocumentRow, EInvoiceProblemRow, EInvoiceRow
from common.events.documents import DocumentFileStored, InvoiceIssued
from factories.einvoices import make_bomb, make_pdf, make_xml
from ingest.orders.einvoices import opened
from ingest.orders.translate import to_file
from integration.ingest.harness import Ingest


async def test_r8_the_einvoice_of_a_new_document_is_kept_beside_its_pdf(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(einvoice="zugferd")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.pdf.einvoice_sha256 is not None
    assert (await ingest.original(issued.pdf.sha256)).startswith(b"%PDF")
    xml = await ingest.original(issued.pdf.einvoice_sha256)
    assert f"<ram:ID>{sold['document']['number']}</ram:ID>".encode() in xml
    (link,) = await ingest.rows(EInvoiceRow)
    assert (link.pdf_sha256, link.xml_sha256) == (issued.pdf.sha256, issued.pdf.einvoice_sha256)
    kinds = {original.sha256: original.media_type for original in await ingest.originals()}
    assert kinds[link.xml_sha256] == "application/xml"


async def test_r8_the_einvoice_in_a_late_pdf_is_kept_too(ingest: Ingest) -> None:
    await ingest.connect()
    sold = await ingest.sell(pdf="missing", einvoice="zugferd")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.pdf is None
    await ingest.do("documents/change", number=sold["document"]["number"], pdf="ok")
    async with ingest.db.sessions.of_all_tenants() as session:
        await session.execute(update(DocumentRow).values(file_due_at=db_now(-1.0)))
    await ingest.file_asker().run_once()
    (stored,) = await ingest.events(DocumentFileStored)
    assert b"CrossIndustryInvoice" in await ingest.original(stored.pdf.einvoice_sha256)


async def test_r8_an_einvoice_that_only_the_catalog_of_the_pdf_names_is_kept(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(einvoice="af_only")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert b"CrossIndustryInvoice" in await ingest.original(issued.pdf.einvoice_sha256)


async def test_an_einvoice_too_large_to_be_compared_is_told_by_that_name(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(einvoice="too_large")
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert (issued.pdf.einvoice_sha256, issued.pdf.einvoice_problem) == (None, "einvoice_too_large")
    (row,) = await ingest.rows(EInvoiceProblemRow)
    assert (row.pdf_sha256, row.problem) == (issued.pdf.sha256, "einvoice_too_large")
    assert await ingest.rows(EInvoiceRow) == []


async def test_r1_why_an_einvoice_is_not_there_is_never_changed(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(einvoice="too_large")
    await ingest.poll()
    with pytest.raises(DBAPIError):
        async with ingest.db.sessions.of_all_tenants() as session:
            await session.execute(update(EInvoiceProblemRow).values(problem="pdf_not_opened"))


async def test_a_plain_pdf_holds_no_einvoice(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell()
    await ingest.poll()
    (issued,) = await ingest.events(InvoiceIssued)
    assert issued.pdf.einvoice_sha256 is None
    assert await ingest.rows(EInvoiceRow) == []


async def test_r1_which_einvoice_belongs_to_which_pdf_is_never_changed(ingest: Ingest) -> None:
    await ingest.connect()
    await ingest.sell(einvoice="zugferd")
    await ingest.poll()
    with pytest.raises(DBAPIError):
        async with ingest.db.sessions.of_all_tenants() as session:
            await session.execute(update(EInvoiceRow).values(xml_sha256="0" * 64))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"%PDF-1.7 broken", "pdf_not_opened"),
        (make_pdf(make_xml(), password="secret"), "pdf_not_opened"),
        (make_bomb(), "einvoice_too_large"),
    ],
    ids=["broken", "encrypted", "bomb"],
)
async def test_a_pdf_that_cannot_be_opened_stays_the_file_it_is_and_says_so(
    content: bytes, problem: str
) -> None:
    received = to_file(base64.b64encode(content).decode())
    assert received is not None
    file: Any = await opened(received)
    assert (file.content, file.einvoice) == (content, None)
    assert file.problem == problem


async def test_the_xml_is_taken_as_it_is_however_hostile() -> None:
    hostile = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>'
    received = to_file(base64.b64encode(make_pdf(hostile)).decode())
    assert received is not None
    assert (await opened(received)).einvoice == hostile
