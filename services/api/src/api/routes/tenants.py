"""Merchants and their versioned settings."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Path, Response

from api import audit
from api.auth import AnyRole, Editor, Operator, Principal
from api.idempotency import Answer, OncePerKey
from api.paging import Paged
from api.problems import (
    BadCursor,
    Conflict,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    VersionOutdated,
    problems,
)
from api.queries.lists import get_tenant, list_rows
from api.schemas.tenants import (
    SettingsPage,
    SettingsRead,
    SettingsRestore,
    SettingsVersionRead,
    SettingsWrite,
    TenantCreate,
    TenantPage,
    TenantRead,
)
from api.sending import release_parked
from api.sessions import Reading, Writing
from api.versions import SettingsRepository
from api.views import settings_read, settings_version_read, tenant_read
from common.db.dialect import db_now, insert
from common.db.models.core import SettingsVersionRow, TenantRow
from common.domain.merchant import MerchantSettings
from common.domain.releases import NO_CURE, changed_settings

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
Number = Annotated[int, Path(ge=1, le=2_147_483_647, description="The version's number.")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", pattern=r'^"[0-9]{1,9}"$', description="The ETag of the version that was changed."
    ),
]


@router.post("", status_code=201, responses=problems(IdempotencyKeyReused), operation_id="create_tenant")
async def create_tenant(
    wanted: TenantCreate, operator: Operator, once: OncePerKey, session: Writing
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
async def list_tenants(principal: AnyRole, pager: Paged, session: Reading) -> TenantPage:
    """Every tenant for operators, the own one for others."""
    by = (TenantRow.created_at, TenantRow.tenant_id)
    rows, cursor = await list_rows(session, principal.scope(), pager, by, TenantRow.tenant_id)
    return TenantPage(items=[tenant_read(row) for row in rows], next_cursor=cursor)


@router.get("/{tenant_id}", responses=problems(NotFound), operation_id="get_tenant")
async def read_tenant(tenant_id: UUID, principal: AnyRole, session: Reading) -> TenantRead:
    """One merchant."""
    return tenant_read(await _tenant(session, principal, tenant_id))


@router.get("/{tenant_id}/settings", responses=problems(NotFound), operation_id="get_settings")
async def read_settings(
    tenant_id: UUID, principal: AnyRole, session: Reading, response: Response
) -> SettingsRead:
    """The settings in force; their number is the ETag."""
    await _tenant(session, principal, tenant_id)
    return _tagged(response, await SettingsRepository(session, tenant_id).newest())


@router.put(
    "/{tenant_id}/settings",
    responses=problems(NotFound, Conflict, VersionOutdated),
    operation_id="save_settings",
)
async def save_settings(
    tenant_id: UUID,
    wanted: SettingsWrite,
    editor: Editor,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> SettingsRead:
    """Save the settings as a new version and decide again about documents they may have freed.

    What is left out takes its default. With `version` or `If-Match` nothing is saved over a newer version.
    """
    given = {number for number in (wanted.version, int(if_match.strip('"')) if if_match else None) if number}
    if len(given) > 1:
        raise InvalidRequest("version and If-Match name different versions.")
    return await _save(
        session, response, editor, tenant_id, wanted.values, wanted.comment, given.pop() if given else None
    )


@router.get(
    "/{tenant_id}/settings/versions",
    responses=problems(NotFound, BadCursor),
    operation_id="list_settings_versions",
)
async def list_settings_versions(
    tenant_id: UUID, principal: AnyRole, pager: Paged, session: Reading
) -> SettingsPage:
    """Every version the settings ever had."""
    await _tenant(session, principal, tenant_id)
    by = (SettingsVersionRow.number, SettingsVersionRow.settings_version_id)
    rows, cursor = await list_rows(
        session, principal.scope(tenant_id), pager, by, SettingsVersionRow.tenant_id
    )
    return SettingsPage(items=[settings_read(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{tenant_id}/settings/versions/{number}",
    responses=problems(NotFound),
    operation_id="get_settings_version",
)
async def read_settings_version(
    tenant_id: UUID, number: Number, principal: AnyRole, session: Reading
) -> SettingsVersionRead:
    """One version of the settings: who saved it, when, why, and what it changed."""
    await _tenant(session, principal, tenant_id)
    versions = SettingsRepository(session, tenant_id)
    row = await versions.get(number)
    return settings_version_read(row, await versions.before(row))


@router.post(
    "/{tenant_id}/settings/versions/{number}/restore",
    responses=problems(NotFound, Conflict, IdempotencyKeyReused),
    operation_id="restore_settings",
)
async def restore_settings(
    tenant_id: UUID,
    number: Number,
    editor: Editor,
    once: OncePerKey,
    session: Writing,
    response: Response,
    wanted: SettingsRestore | None = None,
) -> SettingsRead:
    """Put an old version in force again, as a new version."""

    async def work() -> Answer[SettingsRead]:
        await _tenant(session, editor, tenant_id)
        old = await SettingsRepository(session, tenant_id).get(number)
        values = MerchantSettings.model_validate(old.values)
        comment = wanted.comment if wanted and wanted.comment else f"version {number} restored"
        return Answer(200, await _save(session, response, editor, tenant_id, values, comment, None))

    return await once.answer(session, SettingsRead, work)


async def _save(
    session: Writing,
    response: Response,
    editor: Principal,
    tenant_id: UUID,
    values: MerchantSettings,
    comment: str | None,
    instead_of: int | None,
) -> SettingsRead:
    await _tenant(session, editor, tenant_id, lock=True)
    versions = SettingsRepository(session, tenant_id)
    changed = changed_settings(await versions.values_in_force(), values)
    row = await versions.add(values, author=editor.actor, comment=comment, instead_of=instead_of)
    await audit.note(session, editor, "settings.saved", tenant_id, number=row.number, changed=[*changed])
    if not NO_CURE.issuperset(changed):
        await release_parked(session, tenant_id, "settings", settings=changed)
    return _tagged(response, row)


async def _tenant(
    session: Reading, principal: Principal, tenant_id: UUID, *, lock: bool = False
) -> TenantRow:
    return await get_tenant(session, principal.own(tenant_id), tenant_id, lock=lock)


def _tagged(response: Response, row: SettingsVersionRow) -> SettingsRead:
    response.headers["ETag"] = f'"{row.number}"'
    return settings_read(row)
