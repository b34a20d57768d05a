"""A person accepts that e-invoices differ from the shop's documents: of one, or of all parked for that."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter
from sqlalchemy import select

from api.access import Answer, Editor, OncePerKey, WriteSession, audit
from api.commands import NO_CONNECTION, send
from api.document_actions import differing
from api.problems import (
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    NothingDiffers,
    problems,
)
from api.queries.documents import DocumentQueries
from api.schemas.base import CommandRead
from api.schemas.einvoices import AcceptDifference, AcceptDifferences
from common.db.dialect import db_now
from common.events.commands import AcceptEInvoiceDifference, AcceptEInvoiceDifferences

router = APIRouter(prefix="/api/v1")


@router.post(
    "/documents/{document_id}/accept-einvoice-difference",
    status_code=202,
    responses=problems(NotFound, NothingDiffers, IdempotencyKeyReused),
    tags=["documents"],
    operation_id="accept_einvoice_difference",
)
async def accept_einvoice_difference(
    document_id: UUID, wanted: AcceptDifference, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Accept in what the document's e-invoice differs, with the reason: it is booked as the shop says.

    Only what `params.differences` shows now is accepted; anything else parks the document again.
    """

    async def work() -> Answer[CommandRead]:
        document = await DocumentQueries(session, editor.scope()).get(document_id)
        seen = differing(document)
        if seen is None:
            raise NothingDiffers
        said: dict[str, Any] = {"because": wanted.because, "differences": seen}
        await audit.note(
            session,
            editor,
            "document.einvoice_difference_accepted",
            document.tenant_id,
            document_id=str(document_id),
            **said,
        )
        command = AcceptEInvoiceDifference.about(document, command_id=uuid4(), **said)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


@router.post(
    "/parked/einvoice_differs/accept",
    status_code=202,
    responses=problems(IdempotencyKeyReused),
    tags=["parked"],
    operation_id="accept_einvoice_differences",
)
async def accept_einvoice_differences(
    wanted: AcceptDifferences, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Accept the differences of all documents that are parked for them now, oldest first, with one reason.

    `about` narrows it to documents that differ in the same values. What parks later is not accepted with it.
    """
    tenant_id = editor.scope(wanted.tenant_id).tenant_id
    if tenant_id is None:
        raise InvalidRequest("The tenant_id is needed.")

    async def work() -> Answer[CommandRead]:
        chosen = {str(name): value for name, value in wanted.about.items()}
        said = {"because": wanted.because, "about": chosen}
        asked_id = uuid4()
        command = AcceptEInvoiceDifferences(
            tenant_id=tenant_id,
            connection_id=NO_CONNECTION,
            command_id=asked_id,
            asked_id=asked_id,
            because=wanted.because,
            parked_until=(await session.execute(select(db_now()))).scalar_one(),
            about=chosen,
        )
        await audit.note(session, editor, "parked.einvoice_differences_accepted", tenant_id, **said)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)
