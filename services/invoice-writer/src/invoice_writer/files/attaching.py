"""Brings a document's PDF to its voucher: a state of its own, and never a reason to book again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.archive import Archive, OriginalDamaged, OriginalMissing
from common.db.engine import Database
from common.domain.reasons import Reason
from common.effects.effect import OnBound, Pending
from common.effects.files import FileAttached, FileRefused, FileStep, VoucherFile
from common.errors import RefusedError
from common.events.documents import DocumentIssued
from common.inbox.messages import Later
from common.lexware.connect import LexwareClients
from common.lexware.files import file_name
from invoice_writer.context import TenantContexts
from invoice_writer.files.einvoices import EInvoices
from invoice_writer.keys import effect_key
from invoice_writer.outcomes import ATTACHED, MISSING, NOT_WANTED, REFUSED, DocumentState, OutcomeRepository

log = structlog.get_logger(__name__)

DELETED = Reason.VOUCHER_DELETED.value
NOT_CONNECTED_WAIT = timedelta(minutes=15)


class FileAttacher:
    """The file step of booked documents."""

    def __init__(
        self,
        db: Database,
        archive: Archive,
        clients: LexwareClients,
        contexts: TenantContexts,
        step: FileStep,
        einvoices: EInvoices,
    ) -> None:
        self._db, self._archive, self._step, self._einvoices = db, archive, step, einvoices
        self._clients, self._contexts = clients, contexts

    async def attach(
        self, event: DocumentIssued, state: DocumentState, *, asked_for: bool = False
    ) -> Later | None:
        """Bring the document's file to its voucher, or record why not. Returns when to try again, if ever.

        A merchant may not want files in the books; one that a person asks for goes there all the same.
        """
        if state.voucher_id is None or state.pdf_sha256 is None:
            return None
        await self._einvoices.report_late(event, state)
        if state.reason == DELETED:
            await self._settle(event, REFUSED, DELETED)
            return None
        context = await self._contexts.get(event.tenant_id)
        if not (asked_for or context.settings.values.send_pdf):
            await self._settle(event, NOT_WANTED, "send_pdf_off")
            return None
        if context.books is None or context.books.state != "active":
            return Later(NOT_CONNECTED_WAIT, "books_not_connected")
        try:
            client = await self._clients.for_connection(event.tenant_id, context.books.connection_id)
            file = await self._file(event, state.voucher_id, state.pdf_sha256, context.books.organization_id)
        except RefusedError as refusal:
            return Later(NOT_CONNECTED_WAIT, refusal.code)
        except (OriginalMissing, OriginalDamaged) as loss:
            log.error("file.lost", tenant_id=str(event.tenant_id), sha256=state.pdf_sha256, error=loss.code)
            await self._settle(event, MISSING, loss.code)
            return None

        def attached(file_id: str) -> OnBound[Any]:
            return OnBound(_record_attached, (event, file_id))

        match await self._step.ensure(client, file, attached=attached, asked_for=asked_for):
            case FileAttached():
                return None
            case FileRefused(note=note):
                await self._settle(event, REFUSED, note)
                return None
            case Pending() as pending:
                return Later(pending.retry_after, pending.reason, pending.waits_for)

    async def _settle(self, event: DocumentIssued, status: str, note: str) -> None:
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
        await outcomes.set_file(event.document_id, ATTACHED, file_id=file_id)
