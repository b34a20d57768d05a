"""Answers about VAT ids and e-invoices: evidence that belongs to a document."""

import hashlib
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import (
    InternalError,
    VatIdNotChecked,
)
from api.schemas.evidence import VatAnswerRead, VatCheckRead
from api.stored_documents import StoredDocument
from common.archive import Archive, EInvoiceRef
from common.db.models.vat import VatAnswerRow
from common.domain.buyers import VatCheck
from common.domain.reasons import DocumentReason
from common.domain.stored_words import VatResult

MOST_ANSWERS = 100
SHOWN = (
    VatAnswerRow.answer_id,
    VatAnswerRow.created_at,
    VatAnswerRow.result,
    VatAnswerRow.source,
    VatAnswerRow.request_id,
    VatAnswerRow.asked_by,
    VatAnswerRow.sha256,
)


class EvidenceQueries:
    """The evidence of one document, which the caller has found inside the scope."""

    def __init__(self, session: AsyncSession, document: StoredDocument) -> None:
        self._session, self._document = session, document

    async def einvoice(self) -> EInvoiceRef:
        """Find the e-invoice inside the document's file, or why it could not be taken out."""
        document = self._document
        if document.pdf_sha256 is None:
            return EInvoiceRef(None, None)
        return await Archive().einvoice_of(self._session, document.tenant_id, document.pdf_sha256)

    async def vat_check(self) -> VatCheckRead:
        """Read the check the newest decision used, with all answers; raises `VatIdNotChecked`."""
        vat_id, check = _checked(self._document)
        used = None if check is None else await self._used(check)
        return VatCheckRead(
            vat_id=vat_id,
            result="pending" if check is None else check.result,
            checked_at=None if check is None else check.checked_at,
            source=None if check is None else check.source,
            request_id=None if check is None else check.request_id,
            answers=await self._answers(vat_id, used),
        )

    async def vat_proof(self) -> tuple[str, bytes] | None:
        """Read the VAT id and the bytes of the answer the decision used; None when there was none to keep."""
        vat_id, check = _checked(self._document)
        used = None if check is None else await self._used(check)
        query = select(VatAnswerRow.proof, VatAnswerRow.sha256).where(VatAnswerRow.answer_id == used)
        row = None if used is None else (await self._session.execute(query)).one()
        if row is None or not row.proof:
            return None
        if hashlib.sha256(row.proof).hexdigest() != row.sha256:
            raise InternalError("The stored answer is no longer the one that was received.")
        return vat_id, row.proof

    async def _used(self, check: VatCheck) -> int | None:
        """Find the answer a check speaks of: the first kept at its moment or later, by one transaction."""
        if check.result == VatResult.UNAVAILABLE:
            return None
        query = (
            select(VatAnswerRow.answer_id)
            .where(*self._about(check.vat_id), VatAnswerRow.created_at >= check.checked_at)
            .order_by(VatAnswerRow.created_at, VatAnswerRow.answer_id)
            .limit(1)
        )
        used: int | None = await self._session.scalar(query)
        return used

    async def _answers(self, vat_id: str, used: int | None) -> list[VatAnswerRead]:
        query = (
            select(*SHOWN, func.length(VatAnswerRow.proof).label("size"))
            .where(*self._about(vat_id))
            .order_by(VatAnswerRow.created_at.desc(), VatAnswerRow.answer_id.desc())
            .limit(MOST_ANSWERS)
        )
        return [
            VatAnswerRead(
                answered_at=row.created_at,
                result=row.result,
                source=row.source,
                request_id=row.request_id,
                asked_by=row.asked_by,
                sha256=row.sha256,
                size=row.size,
                decisive=row.answer_id == used,
            )
            for row in await self._session.execute(query)
        ]

    def _about(self, vat_id: str) -> tuple[Any, ...]:
        return VatAnswerRow.tenant_id == self._document.tenant_id, VatAnswerRow.vat_id == vat_id


def _checked(document: StoredDocument) -> tuple[str, VatCheck | None]:
    """The VAT id the decision depended on, and what it knew about it; raises `VatIdNotChecked`."""
    used = (document.evidence or {}).get("vat_check")
    if used is not None:
        check = VatCheck.model_validate(used)
        return check.vat_id, check
    asked = (document.params or {}).get("vat_id")
    if document.reason == DocumentReason.VAT_CHECK_PENDING.value and asked:
        return str(asked), None
    raise VatIdNotChecked
