"""What a decision was based on, as it was received: to read and to keep, never to change."""

import re
from uuid import UUID

from fastapi import APIRouter, Response

from api.access import AnyRole, ReadSession
from api.problems import (
    EInvoiceNotStored,
    NotFound,
    VatIdNotChecked,
    VatProofNotStored,
    problems,
)
from api.queries.documents import DocumentQueries
from api.queries.evidence import EvidenceQueries
from api.schemas.evidence import VatCheckRead
from common.archive import XML, Archive, ArchivedFileMissing

JSON, PDF = "application/json", "application/pdf"
AS_BYTES = {"type": "string", "format": "binary"}
AS_GIVEN = {"type": "object", "additionalProperties": True, "title": "VatProof"}
UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])


def download(content: bytes, media_type: str, name: str, suffix: str) -> Response:
    """Bytes that a browser saves under a safe name and never shows or runs in place."""
    safe = UNSAFE_IN_NAMES.sub("_", name)[:80]
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{safe}.{suffix}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get(
    "/{document_id}/e-invoice",
    response_class=Response,
    responses={
        200: {
            "description": "The XML as it was found inside the file.",
            "content": {XML: {"schema": AS_BYTES}},
        },
        **problems(NotFound, EInvoiceNotStored),
    },
    operation_id="get_document_einvoice",
)
async def read_einvoice(document_id: UUID, principal: AnyRole, session: ReadSession) -> Response:
    """The e-invoice inside the document's PDF, bit for bit; what was read from it is in the evidence."""
    document = await DocumentQueries(session, principal.scope()).get(document_id)
    sha256 = (await EvidenceQueries(session, document).einvoice()).sha256
    if sha256 is None:
        raise EInvoiceNotStored
    try:
        content = await Archive().read(session, document.tenant_id, sha256)
    except ArchivedFileMissing:
        raise EInvoiceNotStored from None
    return download(content, XML, f"{document.type}-{document.number}", "xml")


@router.get(
    "/{document_id}/vat-check",
    responses=problems(NotFound, VatIdNotChecked),
    operation_id="get_document_vat_check",
)
async def read_vat_check(document_id: UUID, principal: AnyRole, session: ReadSession) -> VatCheckRead:
    """How the buyer's VAT id was checked for this document, with every answer kept about it."""
    document = await DocumentQueries(session, principal.scope()).get(document_id)
    return await EvidenceQueries(session, document).vat_check()


@router.get(
    "/{document_id}/vat-check/proof",
    response_class=Response,
    responses={
        200: {"description": "The answer as the authority gave it.", "content": {JSON: {"schema": AS_GIVEN}}},
        **problems(NotFound, VatIdNotChecked, VatProofNotStored),
    },
    operation_id="get_document_vat_proof",
)
async def read_vat_proof(document_id: UUID, principal: AnyRole, session: ReadSession) -> Response:
    """The authority's answer that the decision used, bit for bit."""
    document = await DocumentQueries(session, principal.scope()).get(document_id)
    proof = await EvidenceQueries(session, document).vat_proof()
    if proof is None:
        raise VatProofNotStored
    vat_id, content = proof
    return download(content, JSON, f"vat-check-{vat_id}", "json")
