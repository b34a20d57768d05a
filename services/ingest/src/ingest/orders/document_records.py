"""One document of an order, saved in the caller's transaction: its versions, its originals, its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.archive import Archive
from common.db.dialect import db_now, insert
from common.db.models.ingest import DocumentRow, DocumentVersionRow
from common.domain.documents import (
    Document,
    OrderSnapshot,
    OriginalRef,
    content_hash,
    document_id,
)
from common.domain.stored_words import Lane, PdfState
from common.events.base import Event
from common.events.documents import DocumentConflicted, DocumentFileMissed, DocumentFileStored, issued
from common.shops.base import Unreadable
from ingest.connections import ShopConnection
from ingest.orders.translate import ReceivedFile

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ReceivedDocument:
    """A document with the bytes it came as and its file, when the shop gave one."""

    document: Document
    raw: bytes
    file: ReceivedFile | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Type and number: what a shop knows a document by."""
        return self.document.type.value, self.document.number


@dataclass(frozen=True, slots=True)
class OrderReading:
    """An order as it was read at a moment, with every document it had."""

    snapshot: OrderSnapshot
    stamp: str
    read_at: datetime
    lane: Lane
    documents: Sequence[ReceivedDocument] = ()
    unreadable: Sequence[Unreadable] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What a saving changed, and the events that say so, in their order."""

    orders: int = 0
    documents: int = 0
    conflicts: int = 0
    files: int = 0
    events: tuple[Event, ...] = ()

    def __add__(self, later: "Saved") -> "Saved":
        return Saved(
            orders=self.orders + later.orders,
            documents=self.documents + later.documents,
            conflicts=self.conflicts + later.conflicts,
            files=self.files + later.files,
            events=self.events + later.events,
        )


async def known_documents(
    session: AsyncSession, connection: ShopConnection, keys: Sequence[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those of the keys (type, number) that we have."""
    statement = select(DocumentRow.type, DocumentRow.number).where(
        DocumentRow.tenant_id == connection.tenant_id,
        DocumentRow.connection_id == connection.connection_id,
        tuple_(DocumentRow.type, DocumentRow.number).in_(keys),
    )
    return {(row.type, row.number) for row in await session.execute(statement)}


class DocumentRecords:
    """Saves documents of one connection; a known number is never overwritten."""

    def __init__(
        self, session: AsyncSession, connection: ShopConnection, archive: Archive, *, first_file_retry: float
    ) -> None:
        self._session, self._connection, self._archive = session, connection, archive
        self._first_file_retry = first_file_retry

    async def save(self, reading: OrderReading, received: ReceivedDocument) -> Saved:
        """Store and announce a new document; a known one gains at most its file or a conflict."""
        document, digest = received.document, content_hash(received.document)
        row_id = document_id(self._connection.connection_id, document.type, document.number)
        file = await self._store_file(received.file) if received.file is not None else None
        if await self._insert(row_id, reading, document, digest, file):
            await self._add_version(row_id, received, digest)
            return Saved(documents=1, events=(self._issued(reading, document, digest, file),))
        statement = select(DocumentRow).where(
            DocumentRow.tenant_id == self._connection.tenant_id, DocumentRow.document_id == row_id
        )
        known = (await self._session.execute(statement)).scalar_one()
        if known.content_hash != digest:
            return await self._conflict(known, received, digest)
        return await self._attach(known, file) if file is not None else Saved()

    async def attach_file(self, known: DocumentRow, file: ReceivedFile) -> Saved:
        """Attach a file that arrived after its document, and announce it."""
        return await self._attach(known, await self._store_file(file))

    async def ask_again(self, known: DocumentRow, after_seconds: float) -> None:
        """Ask for the absent file again after a while."""
        await self._change_pending(known, file_due_at=db_now(after_seconds))

    async def give_up_file(self, known: DocumentRow) -> Saved:
        """Count the file as missing from now on, and announce that."""
        if await self._change_pending(known, file_state=PdfState.MISSING, file_due_at=None):
            return Saved(events=(DocumentFileMissed(**self._ids_of(known)),))
        return Saved()

    async def _attach(self, known: DocumentRow, file: OriginalRef) -> Saved:
        statement = (
            update(DocumentRow)
            .where(DocumentRow.document_id == known.document_id, DocumentRow.file_state != PdfState.STORED)
            .values(pdf_sha256=file.sha256, pdf_size=file.size, file_state=PdfState.STORED, file_due_at=None)
            .returning(DocumentRow.document_id)
            .execution_options(synchronize_session=False)
        )
        if (await self._session.execute(statement)).one_or_none() is None:
            return Saved()
        return Saved(files=1, events=(DocumentFileStored(**self._ids_of(known), pdf=file),))

    async def _change_pending(self, known: DocumentRow, **values: Any) -> bool:
        statement = (
            update(DocumentRow)
            .where(DocumentRow.document_id == known.document_id, DocumentRow.file_state == PdfState.PENDING)
            .values(**values)
            .returning(DocumentRow.document_id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).one_or_none() is not None

    async def _insert(
        self, row_id: UUID, reading: OrderReading, document: Document, digest: str, file: OriginalRef | None
    ) -> bool:
        row = insert(self._session, DocumentRow).values(
            document_id=row_id,
            tenant_id=self._connection.tenant_id,
            connection_id=self._connection.connection_id,
            order_id=reading.snapshot.order_id,
            order_number=reading.snapshot.order_number,
            type=document.type.value,
            number=document.number,
            issued_on=document.issued_on,
            gross_minor=document.gross_total.minor,
            currency=document.currency,
            content_hash=digest,
            lane=reading.lane.value,
            pdf_sha256=file.sha256 if file else None,
            pdf_size=file.size if file else None,
            file_state=PdfState.STORED if file else PdfState.PENDING,
            file_due_at=None if file else db_now(self._first_file_retry),
            seen_at=reading.read_at,
            created_at=db_now(),
        )
        inserted = await self._session.execute(
            row.on_conflict_do_nothing().returning(DocumentRow.document_id)
        )
        return inserted.one_or_none() is not None

    async def _add_version(self, row_id: UUID, received: ReceivedDocument, digest: str) -> bool:
        original = await self._store(received.raw, JSON)
        row = insert(self._session, DocumentVersionRow).values(
            document_id=row_id,
            tenant_id=self._connection.tenant_id,
            content_hash=digest,
            content=received.document.model_dump(mode="json"),
            original_sha256=original.sha256,
            created_at=db_now(),
        )
        added = row.on_conflict_do_nothing(index_elements=["document_id", "content_hash"])
        result = await self._session.execute(added.returning(DocumentVersionRow.version_id))
        return result.one_or_none() is not None

    async def _conflict(self, known: DocumentRow, received: ReceivedDocument, digest: str) -> Saved:
        """Keep the other content beside the first version, which stays what it is, and announce it once."""
        if not await self._add_version(known.document_id, received, digest):
            return Saved()
        await self._session.execute(
            update(DocumentRow)
            .where(DocumentRow.document_id == known.document_id)
            .values(conflicted=True)
            .execution_options(synchronize_session=False)
        )
        ids = self._ids_of(known)
        told = DocumentConflicted(**ids, known_hash=known.content_hash, content_hash=digest)
        return Saved(conflicts=1, events=(told,))

    async def _store_file(self, file: ReceivedFile) -> OriginalRef:
        ref = await self._store(file.content, file.media_type)
        tenant_id = self._connection.tenant_id
        if file.problem is not None:
            return await self._archive.note_problem(self._session, tenant_id, ref, file.problem)
        if file.einvoice is None:
            return ref
        return await self._archive.keep_beside(self._session, tenant_id, ref, file.einvoice)

    async def _store(self, content: bytes, media_type: str) -> OriginalRef:
        return await self._archive.store(self._session, self._connection.tenant_id, content, media_type)

    def _issued(
        self, reading: OrderReading, document: Document, digest: str, file: OriginalRef | None
    ) -> Event:
        return issued(
            tenant_id=self._connection.tenant_id,
            connection_id=self._connection.connection_id,
            lane=reading.lane,
            order_id=reading.snapshot.order_id,
            order=reading.snapshot,
            document=document,
            content_hash=digest,
            pdf=file,
        )

    def _ids_of(self, known: DocumentRow) -> dict[str, Any]:
        return {
            "tenant_id": known.tenant_id,
            "connection_id": known.connection_id,
            "lane": known.lane,
            "order_id": known.order_id,
            "document_type": known.type,
            "number": known.number,
        }
