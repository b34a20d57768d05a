"""Originals as a shop gave them, kept by their SHA-256: written by ingest, read by every service."""

import hashlib
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.ingest import EInvoiceProblemRow, EInvoiceRow, OriginalRow
from common.domain.documents import OriginalRef
from common.errors import ConnectorError

XML = "application/xml"


class ArchivedFileMissing(ConnectorError):
    """The archive holds no bytes under this hash for this tenant."""

    code = "archive.missing"


class ArchivedFileCorrupt(ConnectorError):
    """The stored bytes no longer have the hash they were stored under."""

    code = "archive.damaged"


class EInvoiceRef(NamedTuple):
    """The SHA-256 of the e-invoice inside a PDF, or why there is none; both None where it carries none."""

    sha256: str | None
    problem: str | None


class Archive:
    """Bytes by content; the same bytes are stored once per tenant and never changed."""

    async def store(
        self, session: AsyncSession, tenant_id: UUID, content: bytes, media_type: str
    ) -> OriginalRef:
        """Keep the bytes in the caller's transaction and return what points at them."""
        ref = OriginalRef(sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        row = insert(session, OriginalRow).values(
            tenant_id=tenant_id,
            sha256=ref.sha256,
            media_type=media_type,
            size=ref.size,
            content=content,
            created_at=db_now(),
        )
        await session.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "sha256"]))
        return ref

    async def keep_beside(
        self, session: AsyncSession, tenant_id: UUID, pdf: OriginalRef, xml: bytes
    ) -> OriginalRef:
        """Keep the e-invoice found inside a stored PDF too; the reference names both."""
        inside = await self.store(session, tenant_id, xml, XML)
        row = insert(session, EInvoiceRow).values(
            tenant_id=tenant_id, pdf_sha256=pdf.sha256, xml_sha256=inside.sha256, created_at=db_now()
        )
        await session.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "pdf_sha256"]))
        return pdf.model_copy(update={"einvoice_sha256": inside.sha256})

    async def note_problem(
        self, session: AsyncSession, tenant_id: UUID, pdf: OriginalRef, problem: str
    ) -> OriginalRef:
        """Keep why the e-invoice of a stored PDF was not taken out; the reference names it."""
        row = insert(session, EInvoiceProblemRow).values(
            tenant_id=tenant_id, pdf_sha256=pdf.sha256, problem=problem, created_at=db_now()
        )
        await session.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "pdf_sha256"]))
        return pdf.model_copy(update={"einvoice_problem": problem})

    async def einvoice_of(self, session: AsyncSession, tenant_id: UUID, pdf_sha256: str) -> EInvoiceRef:
        """Point at the e-invoice inside a PDF, or say why it could not be taken out."""
        found = select(EInvoiceRow.xml_sha256).where(
            EInvoiceRow.tenant_id == tenant_id, EInvoiceRow.pdf_sha256 == pdf_sha256
        )
        problem = select(EInvoiceProblemRow.problem).where(
            EInvoiceProblemRow.tenant_id == tenant_id, EInvoiceProblemRow.pdf_sha256 == pdf_sha256
        )
        both = select(found.scalar_subquery(), problem.scalar_subquery())
        return EInvoiceRef(*(await session.execute(both)).one())

    async def read(self, session: AsyncSession, tenant_id: UUID, sha256: str) -> bytes:
        """Read bytes that are proven to be those once stored, or raise what is wrong with them.

        `ArchivedFileMissing`: we have none; `ArchivedFileCorrupt`: they have another hash.
        """
        statement = select(OriginalRow.content).where(
            OriginalRow.tenant_id == tenant_id, OriginalRow.sha256 == sha256
        )
        content = (await session.execute(statement)).scalar_one_or_none()
        if content is None:
            raise ArchivedFileMissing(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ArchivedFileCorrupt(sha256)
        return content
