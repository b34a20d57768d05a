"""Merchants."""

from uuid import UUID, uuid4

from fastapi import APIRouter

from api.access import Answer, AnyRole, OncePerKey, Operator, ReadSession, WriteSession, audit, get_tenant
from api.merchant_settings.versions import SettingsRepository
from api.presenters.tenants import tenant_read
from api.problems import (
    BadCursor,
    IdempotencyKeyReused,
    NotFound,
    problems,
)
from api.queries.lists import list_rows
from api.queries.paging import Paged
from api.schemas.tenants import TenantCreate, TenantPage, TenantRead
from common.db.dialect import db_now, insert
from common.db.models.core import TenantRow

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])


@router.post("", status_code=201, responses=problems(IdempotencyKeyReused), operation_id="create_tenant")
async def create_tenant(
    wanted: TenantCreate, operator: Operator, once: OncePerKey, session: WriteSession
) -> TenantRead:
    """Set up a merchant with a first version of its settings."""

    async def work() -> Answer[TenantRead]:
        tenant_id = uuid4()
        await session.execute(
            insert(session, TenantRow).values(tenant_id=tenant_id, name=wanted.name, created_at=db_now())
        )
        await SettingsRepository(session, tenant_id).add(wanted.settings, author=operator.actor, comment=None)
        await audit.note(session, operator, "tenant.created", tenant_id)
        return Answer(201, tenant_read(await get_tenant(session, operator.scope(), tenant_id)))

    return await once.answer(session, TenantRead, work)


@router.get("", responses=problems(BadCursor), operation_id="list_tenants")
async def list_tenants(principal: AnyRole, pager: Paged, session: ReadSession) -> TenantPage:
    """Every tenant for operators, the own one for others."""
    by = (TenantRow.created_at, TenantRow.tenant_id)
    rows, cursor = await list_rows(session, principal.scope(), pager, by, TenantRow.tenant_id)
    return TenantPage(items=[tenant_read(row) for row in rows], next_cursor=cursor)


@router.get("/{tenant_id}", responses=problems(NotFound), operation_id="get_tenant")
async def read_tenant(tenant_id: UUID, principal: AnyRole, session: ReadSession) -> TenantRead:
    """One merchant."""
    return tenant_read(await get_tenant(session, principal.own(tenant_id), tenant_id))
