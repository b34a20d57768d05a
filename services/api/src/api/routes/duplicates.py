"""Doubles in the books and alarms that only a person ends."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter
from sqlalchemy import select

from api.access import (
    Answer,
    AnyRole,
    Editor,
    OncePerKey,
    ReadSession,
    Scope,
    WriteSession,
    audit,
    get_tenant,
)
from api.commands import NO_CONNECTION, send
from api.deps import DepsOf
from api.problems import (
    AlarmClosed,
    AlarmEndsItself,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    problems,
)
from api.queries.duplicates import list_doubles
from api.schemas.base import CommandRead
from api.schemas.duplicates import DuplicateList, Repaired
from common.db.models.effects import AlarmRow
from common.domain.alarms import CLOSED_BY_PERSON, AlarmKind
from common.domain.duplicates import vouchers_in
from common.events.commands import RepairDuplicate, SeeAlarm

router = APIRouter(prefix="/api/v1")


@router.get(
    "/tenants/{tenant_id}/duplicates",
    responses=problems(NotFound),
    tags=["duplicates"],
    operation_id="list_duplicates",
)
async def read_duplicates(
    tenant_id: UUID, principal: AnyRole, deps: DepsOf, session: ReadSession
) -> DuplicateList:
    """Documents that the books hold twice: with links, which voucher to delete and which one stays."""
    await get_tenant(session, principal.own(tenant_id), tenant_id)
    return DuplicateList(items=await list_doubles(session, tenant_id, deps.settings.lexware.app_url))


@router.post(
    "/tenants/{tenant_id}/duplicates/{alarm_id}/repaired",
    status_code=202,
    responses=problems(NotFound, AlarmClosed, IdempotencyKeyReused),
    tags=["duplicates"],
    operation_id="repair_duplicate",
)
async def repair_duplicate(
    tenant_id: UUID, alarm_id: UUID, wanted: Repaired, editor: Editor, once: OncePerKey, session: WriteSession
) -> CommandRead:
    """Record that surplus vouchers were deleted in Lexware Office; it is looked whether they are gone.

    The deletion raises nothing later. Documents that stood as a deleted voucher are left out where the same
    document stands as the one that stays.
    """
    deleted = tuple(str(one) for one in wanted.deleted)

    async def work() -> Answer[CommandRead]:
        alarm = await _alarm(session, editor.own(tenant_id), alarm_id)
        if alarm.kind != AlarmKind.DUPLICATE.value:
            raise NotFound
        vouchers = set(vouchers_in(alarm.evidence))
        if not vouchers > set(deleted):
            raise InvalidRequest("Name vouchers of this double, and leave one of them.")
        await audit.note(
            session, editor, "duplicate.repaired", tenant_id, alarm_id=str(alarm_id), deleted=list(deleted)
        )
        return Answer(202, await send(session, RepairDuplicate(**_about(alarm), deleted=deleted)))

    return await once.answer(session, CommandRead, work)


@router.post(
    "/alarms/{alarm_id}/seen",
    status_code=202,
    responses=problems(NotFound, AlarmClosed, AlarmEndsItself, IdempotencyKeyReused),
    tags=["status"],
    operation_id="see_alarm",
)
async def see_alarm(alarm_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession) -> CommandRead:
    """Close an alarm that only a person ends; vouchers of a double that was seen are not told of again."""

    async def work() -> Answer[CommandRead]:
        alarm = await _alarm(session, editor.scope(), alarm_id)
        if alarm.kind not in {kind.value for kind in CLOSED_BY_PERSON}:
            raise AlarmEndsItself
        await audit.note(
            session, editor, "alarm.seen", alarm.tenant_id, alarm_id=str(alarm_id), kind=alarm.kind
        )
        return Answer(202, await send(session, SeeAlarm(**_about(alarm))))

    return await once.answer(session, CommandRead, work)


async def _alarm(session: WriteSession, scope: Scope, alarm_id: UUID) -> AlarmRow:
    """An open alarm of a merchant; raises `NotFound`, also outside the scope, and `AlarmClosed`."""
    query = select(AlarmRow).where(
        AlarmRow.alarm_id == alarm_id, AlarmRow.tenant_id.is_not(None), *scope.limits(AlarmRow.tenant_id)
    )
    alarm = await session.scalar(query)
    if alarm is None:
        raise NotFound
    if alarm.closed_at is not None:
        raise AlarmClosed
    return alarm


def _about(alarm: AlarmRow) -> dict[str, Any]:
    assert alarm.tenant_id is not None
    return {
        "tenant_id": alarm.tenant_id,
        "connection_id": NO_CONNECTION,
        "command_id": uuid4(),
        "alarm_id": alarm.alarm_id,
    }
