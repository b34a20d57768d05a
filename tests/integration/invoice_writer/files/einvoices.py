"""Documents whose PDF carries an e-invoice, as ingest announces them to the writer."""

from common.archive import Archive
from common.domain.documents import Document, OriginalRef
from common.domain.verdicts import EInvoiceProblem
from common.events.documents import DocumentFileStored, DocumentIssued
from factories.einvoices import make_pdf
from integration.invoice_writer.harness import Writer


async def archived(writer: Writer, inside: bytes | EInvoiceProblem) -> OriginalRef:
    """Store the PDF around this e-invoice, or around one that could not be taken out, as ingest does."""
    ref = await writer.archive(make_pdf(inside if isinstance(inside, bytes) else inside.value.encode()))
    async with writer.db.sessions.of_all_tenants() as session:
        if isinstance(inside, EInvoiceProblem):
            return await Archive().note_problem(session, writer.tenant_id, ref, inside)
        return await Archive().keep_beside(session, writer.tenant_id, ref, inside)


async def issued(writer: Writer, document: Document, inside: bytes | EInvoiceProblem) -> DocumentIssued:
    """Issue a document whose PDF carries this e-invoice. Returns its event."""
    event = await writer.event(document, pdf=None)
    return event.model_copy(update={"pdf": await archived(writer, inside)})


async def file_of(
    writer: Writer, event: DocumentIssued, inside: bytes | EInvoiceProblem
) -> DocumentFileStored:
    """Store the PDF with this e-invoice later. Returns the event of its arrival."""
    return DocumentFileStored.about(
        event.ref,
        pdf=await archived(writer, inside),
    )
