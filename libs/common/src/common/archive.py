"""Originals as a shop gave them, kept by their SHA-256: written by ingest, read by every service."""

import hashlib
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.ingest import EInvoiceRow, OriginalRow
from common.domain.documents import OriginalRef
from common.errors import ConnectorError

XML = "application/xml"


class OriginalMissing(ConnectorError):
    """The archive holds no bytes under this hash for this tenant."""

    code = "archive.missing"


class OriginalDamaged(ConnectorError):
    """The stored bytes no longer have the hash they were stored under."""

    code = "archive.damaged"


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

    async def einvoice_of(self, session: AsyncSession, tenant_id: UUID, pdf_sha256: str) -> str | None:
        """The SHA-256 of the e-invoice inside a PDF; None when it carries none."""
        statement = select(EInvoiceRow.xml_sha256).where(
            EInvoiceRow.tenant_id == tenant_id, EInvoiceRow.pdf_sha256 == pdf_sha256
        )
        return (await session.execute(statement)).scalar_one_or_none()

    async def read(self, session: AsyncSession, tenant_id: UUID, sha256: str) -> bytes:
        """The bytes, proven to be the ones once stored; raises `OriginalMissing` or `OriginalDamaged`."""
        statement = select(OriginalRow.content).where(
            OriginalRow.tenant_id == tenant_id, OriginalRow.sha256 == sha256
        )
        content = (await session.execute(statement)).scalar_one_or_none()
        if content is None:
            raise OriginalMissing(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise OriginalDamaged(sha256)
        return content
