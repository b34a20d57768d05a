"""Brings a document's PDF to its voucher: a state of its own, and never a reason to book again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.archive import Archive, ArchivedFileCorrupt, ArchivedFileMissing
from common.db.engine import Database
from common.domain.reasons import DocumentReason
from common.domain.stored_words import ConnectionState, FileState
from common.effects.effect import OnBound
from common.errors import RefusedError
from common.events.documents import DocumentIssued
from common.later import Later
from common.lexware.connect import LexwareClients
from common.lexware.files import file_name
from invoice_writer.context import TenantContexts
from invoice_writer.files.effect import VoucherFile
from invoice_writer.files.einvoices import EInvoices
from invoice_writer.files.uploading import FileAttached, FileRefused, VoucherFiles
from invoice_writer.keys import effect_key
from invoice_writer.outcomes import DocumentState, OutcomeRepository

log = structlog.get_logger(__name__)

DELETED = DocumentReason.VOUCHER_DELETED.value
NOT_CONNECTED_WAIT = timedelta(minutes=15)


class FileAttacher:
    """The file step of booked documents."""

    def __init__(
        self,
        db: Database,
        archive: Archive,
        clients: LexwareClients,
        contexts: TenantContexts,
        files: VoucherFiles,
        einvoices: EInvoices,
    ) -> None:
        self._db, self._archive, self._files, self._einvoices = db, archive, files, einvoices
        self._clients, self._contexts = clients, contexts

    async def attach(self, event: DocumentIssued, state: DocumentState) -> Later | None:
        """Bring the document's file to its voucher, or record why not. Returns when to try again, if ever.

        A merchant may not want files in the books.
        """
        return await self._attach(event, state, asked_for=False)

    async def attach_asked_for(self, event: DocumentIssued, state: DocumentState) -> Later | None:
        """Bring a file to its voucher that a person asks for. Returns when to try again, if ever.

        It goes there whether the merchant wants files or not, and though many uploads left none.
        """
        return await self._attach(event, state, asked_for=True)

    async def _attach(self, event: DocumentIssued, state: DocumentState, *, asked_for: bool) -> Later | None:
        if state.voucher_id is None or state.pdf_sha256 is None:
            return None
        await self._einvoices.report_late(event, state)
        if state.reason == DELETED:
            await self._settle(event, FileState.REFUSED, DELETED)
            return None
        context = await self._contexts.get(event.tenant_id)
        if not (asked_for or context.settings.values.send_pdf):
            await self._settle(event, FileState.NOT_WANTED, "send_pdf_off")
            return None
        if context.books is None or context.books.state != ConnectionState.ACTIVE:
            return Later(NOT_CONNECTED_WAIT, DocumentReason.BOOKS_NOT_CONNECTED.value)
        try:
            client = await self._clients.for_connection(event.tenant_id, context.books.connection_id)
            file = await self._file(event, state.voucher_id, state.pdf_sha256, context.books.organization_id)
        except RefusedError as refusal:
            return Later(NOT_CONNECTED_WAIT, refusal.code)
        except (ArchivedFileMissing, ArchivedFileCorrupt) as loss:
            log.error("file.lost", tenant_id=str(event.tenant_id), sha256=state.pdf_sha256, error=loss.code)
            await self._settle(event, FileState.MISSING, loss.code)
            return None

        def attached(file_id: str) -> OnBound[Any]:
            return OnBound(_record_attached, (event, file_id))

        ensure = self._files.ensure_asked_for if asked_for else self._files.ensure
        match await ensure(client, file, attached):
            case FileAttached():
                return None
            case FileRefused(note=note):
                await self._settle(event, FileState.REFUSED, note)
                return None
            case Later() as later:
                return later

    async def _settle(self, event: DocumentIssued, status: FileState, note: str) -> None:
        async with self._db.sessions.of(event.tenant_id) as session:
            outcomes = OutcomeRepository(session, event.tenant_id)
            await outcomes.set_file(event.document_id, status, file_note=note)

    async def _file(
        self, event: DocumentIssued, voucher_id: str, sha256: str, organization_id: str
    ) -> VoucherFile:
        async with self._db.reading.of(event.tenant_id) as session:
            content = await self._archive.read(session, event.tenant_id, sha256)
        return VoucherFile(
            tenant_id=event.tenant_id,
            voucher_key=effect_key(organization_id, event),
            voucher_id=voucher_id,
            name=file_name(event.document_type.value, event.number),
            content=content,
        )


async def _record_attached(session: AsyncSession, items: Sequence[tuple[DocumentIssued, str]]) -> None:
    for event, file_id in items:
        outcomes = OutcomeRepository(session, event.tenant_id)
        await outcomes.set_file(event.document_id, FileState.ATTACHED, file_id=file_id)
