"""Documents: where each stands, why, and what can be asked for it."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Response

from api.access import Answer, AnyRole, Editor, OncePerKey, ReadSession, WriteSession, audit
from api.commands import send
from api.deps import DepsOf
from api.document_actions import choices, is_attachable, is_retriable
from api.merchant_settings.categories import known_categories
from api.presenters.documents import document_details, document_read
from api.problems import (
    BadCursor,
    FileNotAttachable,
    FileNotStored,
    IdempotencyKeyReused,
    NotFound,
    NotParked,
    NotResolvable,
    problems,
)
from api.queries.documents import DocumentQueries
from api.queries.evidence import EvidenceQueries
from api.queries.paging import Pager
from api.routes.evidence import AS_BYTES, PDF, download
from api.schemas.base import CommandRead
from api.schemas.documents import (
    DocumentDetails,
    DocumentPage,
    DocumentQuery,
    Resolve,
)
from api.stored_documents import StoredDocument
from common.archive import Archive, ArchivedFileMissing
from common.domain.stored_words import DocumentStatus
from common.events.commands import AttachFile, ResolveDocument, RetryDocument

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])


@router.get("", responses=problems(BadCursor), operation_id="list_documents")
async def list_documents(
    wanted: Annotated[DocumentQuery, Query()], principal: AnyRole, deps: DepsOf, session: ReadSession
) -> DocumentPage:
    """Every finalised document the shops gave, newest document date first, then by number downwards."""
    pager = Pager(deps.cursors, wanted.limit, wanted.cursor)
    queries = DocumentQueries(session, principal.scope(wanted.tenant_id))
    documents, cursor = await queries.page(wanted, pager)
    app_url = deps.settings.lexware.app_url
    return DocumentPage(
        items=[document_read(document, app_url) for document in documents], next_cursor=cursor
    )


@router.get("/{document_id}", responses=problems(NotFound), operation_id="get_document")
async def read_document(
    document_id: UUID, principal: AnyRole, deps: DepsOf, session: ReadSession
) -> DocumentDetails:
    """One document: decision, rules, evidence, history, attempts and links into Lexware."""
    queries = DocumentQueries(session, principal.scope())
    document = await queries.get(document_id)
    einvoice = await EvidenceQueries(session, document).einvoice()
    known = await known_categories(session, document.tenant_id)
    names = {item.id: item.name for item in known.items} if known else {}
    history = await queries.history(document)
    return document_details(document, history, deps.settings.lexware.app_url, einvoice, names)


@router.get(
    "/{document_id}/file",
    response_class=Response,
    responses={
        200: {"description": "The file as the shop gave it.", "content": {PDF: {"schema": AS_BYTES}}},
        **problems(NotFound, FileNotStored),
    },
    operation_id="get_document_file",
)
async def read_file(document_id: UUID, principal: AnyRole, session: ReadSession) -> Response:
    """The document's file, bit for bit as the shop gave it."""
    document = await DocumentQueries(session, principal.scope()).get(document_id)
    if document.pdf_sha256 is None:
        raise FileNotStored
    try:
        content = await Archive().read(session, document.tenant_id, document.pdf_sha256)
    except ArchivedFileMissing:
        raise FileNotStored from None
    return download(content, PDF, f"{document.type}-{document.number}", "pdf")


@router.post(
    "/{document_id}/retry",
    status_code=202,
    responses=problems(NotFound, NotParked, IdempotencyKeyReused),
    operation_id="retry_document",
)
async def retry_document(
    document_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Decide about a parked document again, with the newest settings and profile.

    Also about one that was said to be booked by hand, when that was a mistake.
    """

    async def work() -> Answer[CommandRead]:
        document = await DocumentQueries(session, editor.scope()).get(document_id)
        if not is_retriable(document):
            raise NotParked
        await audit.note(
            session, editor, "document.retried", document.tenant_id, document_id=str(document_id)
        )
        command = RetryDocument.about(document, command_id=uuid4())
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


@router.post(
    "/{document_id}/resolve",
    status_code=202,
    responses=problems(NotFound, NotParked, NotResolvable, IdempotencyKeyReused),
    operation_id="resolve_document",
)
async def resolve_document(
    document_id: UUID, wanted: Resolve, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Choose for a parked document: it was booked by hand, or what its number in the books means.

    `choices` of the document says what is offered.
    """

    async def work() -> Answer[CommandRead]:
        document = await _parked(session, editor, document_id)
        if wanted.action not in choices(document):
            raise NotResolvable
        voucher_id = str(wanted.voucher_id) if wanted.voucher_id else None
        command = ResolveDocument.about(
            document,
            command_id=uuid4(),
            action=wanted.action,
            voucher_id=voucher_id,
            comment=wanted.comment,
        )
        await audit.note(
            session,
            editor,
            "document.resolved",
            document.tenant_id,
            document_id=str(document_id),
            choice=wanted.action,
            voucher_id=voucher_id,
        )
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


@router.post(
    "/{document_id}/file/attach",
    status_code=202,
    responses=problems(NotFound, FileNotAttachable, IdempotencyKeyReused),
    operation_id="attach_document_file",
)
async def attach_file(
    document_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Try again to attach the file of a booked document, also one that was refused or not wanted."""

    async def work() -> Answer[CommandRead]:
        document = await DocumentQueries(session, editor.scope()).get(document_id)
        if not is_attachable(document):
            raise FileNotAttachable
        await audit.note(
            session, editor, "document.file_attached", document.tenant_id, document_id=str(document_id)
        )
        command = AttachFile.about(document, command_id=uuid4(), again=True)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


async def _parked(session: WriteSession, editor: Editor, document_id: UUID) -> StoredDocument:
    document = await DocumentQueries(session, editor.scope()).get(document_id)
    if document.status != DocumentStatus.PARKED:
        raise NotParked
    return document
