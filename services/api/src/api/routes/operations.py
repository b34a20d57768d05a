"""Status, alarms, dead letters and the audit log."""

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from sqlalchemy import select

from api.access import (
    Answer,
    AnyRole,
    OncePerKey,
    Operator,
    Principal,
    ReadSession,
    Scope,
    WriteSession,
    audit,
)
from api.commands import NO_CONNECTION, send
from api.presenters.operations import alarm_read, alarm_text_read, dead_letter_read
from api.presenters.tenants import audit_read
from api.problems import (
    BadCursor,
    DeadLetterClosed,
    IdempotencyKeyReused,
    NotFound,
    problems,
)
from api.queries.lists import list_rows
from api.queries.paging import Paged
from api.queries.status import read_status
from api.schemas.base import CommandRead
from api.schemas.operations import (
    AlarmKindList,
    AlarmKindRead,
    AlarmPage,
    DeadLetterPage,
    DeadLetterRead,
    StatusRead,
)
from api.schemas.tenants import AuditPage
from common.db.models.core import AuditRow
from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import DeadLetterState
from common.events.commands import DISCARD, REPLAY, Command

router = APIRouter(prefix="/api/v1")
OfTenant = Annotated[UUID | None, Query(description="For operators; others see their own tenant only.")]
Service = Annotated[Literal["ingest", "invoice-writer", "transit-writer"] | None, Query()]


@router.get("/status", responses=problems(), tags=["status"], operation_id="get_status")
async def get_status(principal: AnyRole, session: ReadSession, tenant_id: OfTenant = None) -> StatusRead:
    """How many documents stand where, for how long, and what asks for attention."""
    return await read_status(session, principal.scope(tenant_id))


@router.get("/alarms", responses=problems(BadCursor), tags=["status"], operation_id="list_alarms")
async def list_alarms(
    principal: AnyRole,
    pager: Paged,
    session: ReadSession,
    tenant_id: OfTenant = None,
    open: Annotated[bool | None, Query(description="Only open ones, or only closed ones.")] = None,  # noqa: A002
) -> AlarmPage:
    """What a person has to look at, with the evidence."""
    conditions = {None: [], True: [AlarmRow.closed_at.is_(None)], False: [AlarmRow.closed_at.is_not(None)]}[
        open
    ]
    by = (AlarmRow.created_at, AlarmRow.alarm_id)
    rows, cursor = await list_rows(
        session, principal.scope(tenant_id), pager, by, AlarmRow.tenant_id, conditions, open
    )
    return AlarmPage(items=[alarm_read(row) for row in rows], next_cursor=cursor)


@router.get("/alarm-kinds", responses=problems(), tags=["status"], operation_id="list_alarm_kinds")
async def list_alarm_kinds(_: AnyRole) -> AlarmKindList:
    """The closed list of alarms: what each means, who acts and what ends it, in both languages."""
    return AlarmKindList(items=[AlarmKindRead(kind=kind, text=alarm_text_read(kind)) for kind in AlarmKind])


@router.get("/audit", responses=problems(BadCursor), tags=["status"], operation_id="list_audit")
async def list_audit(
    principal: AnyRole, pager: Paged, session: ReadSession, tenant_id: OfTenant = None
) -> AuditPage:
    """Who changed what."""
    by = (AuditRow.created_at, AuditRow.audit_id)
    rows, cursor = await list_rows(session, principal.scope(tenant_id), pager, by, AuditRow.tenant_id)
    return AuditPage(items=[audit_read(row) for row in rows], next_cursor=cursor)


@router.get(
    "/dead-letters", responses=problems(BadCursor), tags=["dead letters"], operation_id="list_dead_letters"
)
async def list_dead_letters(
    principal: AnyRole,
    pager: Paged,
    session: ReadSession,
    tenant_id: OfTenant = None,
    state: Annotated[Literal["kept", "replayed", "discarded"] | None, Query()] = None,
    service: Service = None,
) -> DeadLetterPage:
    """Messages our code could not process."""
    wanted = {DeadLetterRow.state: state, DeadLetterRow.consumer: service}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    by = (DeadLetterRow.created_at, DeadLetterRow.dead_letter_id)
    rows, cursor = await list_rows(
        session, principal.scope(tenant_id), pager, by, DeadLetterRow.tenant_id, conditions, [state, service]
    )
    return DeadLetterPage(items=[dead_letter_read(row, principal.role) for row in rows], next_cursor=cursor)


@router.get(
    "/dead-letters/{dead_letter_id}",
    responses=problems(NotFound),
    tags=["dead letters"],
    operation_id="get_dead_letter",
)
async def read_dead_letter(dead_letter_id: UUID, principal: AnyRole, session: ReadSession) -> DeadLetterRead:
    """One dead letter."""
    return dead_letter_read(await _get(session, principal.scope(), dead_letter_id), principal.role)


@router.post(
    "/dead-letters/{dead_letter_id}/replay",
    status_code=202,
    responses=problems(NotFound, DeadLetterClosed, IdempotencyKeyReused),
    tags=["dead letters"],
    operation_id="replay_dead_letter",
)
async def replay_dead_letter(
    dead_letter_id: UUID, operator: Operator, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Ask the owner to put one dead letter back in line."""
    return await once.answer(
        session,
        CommandRead,
        lambda: _close(session, operator, dead_letter_id, "dead_letter.replayed", REPLAY),
    )


@router.post(
    "/dead-letters/{dead_letter_id}/discard",
    status_code=202,
    responses=problems(NotFound, DeadLetterClosed, IdempotencyKeyReused),
    tags=["dead letters"],
    operation_id="discard_dead_letter",
)
async def discard_dead_letter(
    dead_letter_id: UUID, operator: Operator, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Ask the owner to give one dead letter up; what waits behind it goes on."""
    return await once.answer(
        session,
        CommandRead,
        lambda: _close(session, operator, dead_letter_id, "dead_letter.discarded", DISCARD),
    )


async def _close(
    session: WriteSession,
    operator: Principal,
    dead_letter_id: UUID,
    action: str,
    commands: Mapping[str, type[Command]],
) -> Answer[CommandRead]:
    row = await _get(session, operator.scope(), dead_letter_id)
    if row.state != DeadLetterState.KEPT or row.consumer not in commands:
        raise DeadLetterClosed
    command = commands[row.consumer].model_validate(
        {
            "tenant_id": row.tenant_id,
            "connection_id": NO_CONNECTION,
            "command_id": uuid4(),
            "dead_letter_id": dead_letter_id,
        }
    )
    await audit.note(
        session, operator, action, row.tenant_id, dead_letter_id=str(dead_letter_id), service=row.consumer
    )
    return Answer(202, await send(session, command))


async def _get(session: ReadSession, scope: Scope, dead_letter_id: UUID) -> DeadLetterRow:
    row = await session.scalar(
        select(DeadLetterRow).where(
            DeadLetterRow.dead_letter_id == dead_letter_id, *scope.limits(DeadLetterRow.tenant_id)
        )
    )
    if row is None:
        raise NotFound
    return row
