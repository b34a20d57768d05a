"""What a person leaves out of the books, and takes in again."""

from uuid import UUID, uuid4

from fastapi import APIRouter

from api.access import Answer, Editor, OncePerKey, WriteSession, audit
from api.commands import send
from api.document_actions import is_excludable, is_excluded_by_person
from api.problems import (
    DateNotAsked,
    IdempotencyKeyReused,
    NotExcluded,
    NotFound,
    NotOpen,
    problems,
)
from api.queries.documents import DocumentQueries
from api.schemas.base import CommandRead
from api.schemas.documents import ConfirmDate, Exclude, Include
from common.domain.reasons import DocumentReason
from common.events.commands import ConfirmIssueDate, ExcludeDocument, IncludeDocument

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])


@router.post(
    "/{document_id}/exclude",
    status_code=202,
    responses=problems(NotFound, NotOpen, IdempotencyKeyReused),
    operation_id="exclude_document",
)
async def exclude_document(
    document_id: UUID, wanted: Exclude, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Leave a parked or waiting document out of the books, with the reason.

    Its corrections are left out with it, so an invoice that was never booked and the correction that takes it
    back are closed together. `include` undoes it.
    """

    async def work() -> Answer[CommandRead]:
        document = await DocumentQueries(session, editor.scope()).get(document_id)
        if not is_excludable(document):
            raise NotOpen
        await audit.note(
            session,
            editor,
            "document.excluded",
            document.tenant_id,
            document_id=str(document_id),
            because=wanted.because,
        )
        command = ExcludeDocument.about(document, command_id=uuid4(), because=wanted.because)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


@router.post(
    "/{document_id}/include",
    status_code=202,
    responses=problems(NotFound, NotExcluded, IdempotencyKeyReused),
    operation_id="include_document",
)
async def include_document(
    document_id: UUID, wanted: Include, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Take back that a person excluded the document; it and its corrections are decided about anew."""

    async def work() -> Answer[CommandRead]:
        document = await DocumentQueries(session, editor.scope()).get(document_id)
        if not is_excluded_by_person(document):
            raise NotExcluded
        await audit.note(
            session,
            editor,
            "document.included",
            document.tenant_id,
            document_id=str(document_id),
            because=wanted.because,
        )
        command = IncludeDocument.about(document, command_id=uuid4(), because=wanted.because)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


@router.post(
    "/{document_id}/confirm-date",
    status_code=202,
    responses=problems(NotFound, DateNotAsked, IdempotencyKeyReused),
    operation_id="confirm_document_date",
)
async def confirm_date(
    document_id: UUID, wanted: ConfirmDate, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Say which date is printed on a document parked for `issue_date_missing`; it is decided with that."""

    async def work() -> Answer[CommandRead]:
        document = await DocumentQueries(session, editor.scope()).get(document_id)
        if document.reason != DocumentReason.ISSUE_DATE_MISSING.value:
            raise DateNotAsked
        await audit.note(
            session,
            editor,
            "document.date_confirmed",
            document.tenant_id,
            document_id=str(document_id),
            issued_on=wanted.issued_on.isoformat(),
        )
        command = ConfirmIssueDate.about(document, command_id=uuid4(), issued_on=wanted.issued_on)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)
