"""Looks into files for the e-invoice they may carry; what cannot be looked into stays as it is."""

import asyncio
from dataclasses import replace

import structlog

from common.domain.verdicts import EInvoiceProblem
from common.einvoice.pdf import EInvoiceTooLarge, UnreadablePdf, embedded_xml
from ingest.orders.document_records import ReceivedDocument
from ingest.orders.translate import PDF, ReceivedFile

log = structlog.get_logger(__name__)

LONGEST_LOOK = 20.0  # seconds


async def opened(file: ReceivedFile) -> ReceivedFile:
    """Look into the file. Returns it with the bytes of its e-invoice, or with what keeps us from them."""
    if file.media_type != PDF:
        return file
    try:
        async with asyncio.timeout(LONGEST_LOOK):
            xml = await asyncio.to_thread(embedded_xml, file.content)
    except EInvoiceTooLarge as trouble:
        log.warning("file.einvoice_too_large", size=len(file.content), problem=str(trouble))
        return replace(file, problem=EInvoiceProblem.TOO_LARGE)
    except (UnreadablePdf, TimeoutError) as trouble:
        log.info("file.not_opened", size=len(file.content), problem=str(trouble) or "took_too_long")
        return replace(file, problem=EInvoiceProblem.NOT_OPENED)
    return file if xml is None else replace(file, einvoice=xml)


async def with_opened_file(document: ReceivedDocument) -> ReceivedDocument:
    """Look into the document's file. Returns the document with what was found."""
    return document if document.file is None else replace(document, file=await opened(document.file))
