"""Parked documents by cause: why, who acts, and all of one cause tried again."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Path

from api.access import Answer, AnyRole, Editor, OncePerKey, ReadSession, WriteSession, audit, get_tenant
from api.commands import NO_CONNECTION, release_parked, send
from api.presenters.reasons import reason_read, rule_list
from api.problems import (
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    OneByOne,
    problems,
)
from api.queries.commands import read_command
from api.queries.parked import read_parked
from api.routes.operations import OfTenant
from api.schemas.base import CommandRead
from api.schemas.decisions import RuleList
from api.schemas.parked import CommandStatusRead, ParkedRead, ParkedRetry, ReasonList
from common.domain.reasons import ONLY_ONE_BY_ONE, REASONS, DocumentReason
from common.events.commands import AdoptMatching, ReleaseCause

router = APIRouter(prefix="/api/v1")


@router.get("/parked", responses=problems(), tags=["parked"], operation_id="list_parked")
async def list_parked(principal: AnyRole, session: ReadSession, tenant_id: OfTenant = None) -> ParkedRead:
    """Parked documents by cause: how many, since when, for how much, what to do and who."""
    return await read_parked(session, principal.scope(tenant_id))


@router.get("/reasons", responses=problems(), tags=["parked"], operation_id="list_reasons")
async def list_reasons(_: AnyRole) -> ReasonList:
    """The closed list of reasons why a document is not booked, in both languages."""
    return ReasonList(items=[reason_read(code) for code in REASONS])


@router.get("/reference/rules", responses=problems(), tags=["parked"], operation_id="list_rules")
async def list_rules(_: AnyRole) -> RuleList:
    """What it means that a rule fired for a document, in both languages."""
    return rule_list()


@router.post(
    "/parked/{reason}/retry",
    status_code=202,
    responses=problems(OneByOne, IdempotencyKeyReused),
    tags=["parked"],
    operation_id="retry_parked",
)
async def retry_parked(
    reason: Annotated[DocumentReason, Path(description="The cause.")],
    editor: Editor,
    once: OncePerKey,
    session: WriteSession,
    wanted: ParkedRetry | None = None,
) -> CommandRead:
    """Decide again about everything parked for one cause, oldest first, behind live documents."""
    chosen = wanted or ParkedRetry()
    tenant_id = editor.scope(chosen.tenant_id).tenant_id
    if tenant_id is None:
        raise InvalidRequest("The tenant_id is needed.")
    if reason.value in ONLY_ONE_BY_ONE:
        raise OneByOne

    async def work() -> Answer[CommandRead]:
        about = {str(name): value for name, value in chosen.about.items()}
        command = await release_parked(
            session, tenant_id, ReleaseCause.PERSON, reasons=(reason.value,), about=about
        )
        await audit.note(session, editor, "parked.retried", tenant_id, reason=reason.value, about=about)
        return Answer(202, command)

    return await once.answer(session, CommandRead, work)


@router.post(
    "/tenants/{tenant_id}/adopt-matching",
    status_code=202,
    responses=problems(NotFound, IdempotencyKeyReused),
    tags=["parked"],
    operation_id="adopt_matching",
)
async def adopt_matching(
    tenant_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """After a move or a reinstall: vouchers that are there stand for the parked documents they equal.

    Of documents parked as `same_document_elsewhere` or `number_taken_in_books` those with exactly one voucher
    of the same number, date, total and, where it is one of ours, order. All others stay parked.
    """

    async def work() -> Answer[CommandRead]:
        await get_tenant(session, editor.own(tenant_id), tenant_id)
        command = AdoptMatching(tenant_id=tenant_id, connection_id=NO_CONNECTION, command_id=uuid4())
        await audit.note(session, editor, "parked.adopted", tenant_id)
        return Answer(202, await send(session, command))

    return await once.answer(session, CommandRead, work)


@router.get(
    "/commands/{command_id}", responses=problems(NotFound), tags=["status"], operation_id="get_command"
)
async def get_command(command_id: UUID, principal: AnyRole, session: ReadSession) -> CommandStatusRead:
    """How far a command is that was answered with 202; done says nothing about its success."""
    return await read_command(session, principal.scope(), command_id)
