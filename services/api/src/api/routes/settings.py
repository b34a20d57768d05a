"""The versioned settings of a merchant."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Response

from api.access import Answer, AnyRole, Editor, OncePerKey, Principal, ReadSession, WriteSession, get_tenant
from api.merchant_settings.categories import category_list, known_categories
from api.merchant_settings.merging import merged
from api.merchant_settings.preconditions import Stated, tag_of
from api.merchant_settings.saving import Saving
from api.merchant_settings.versions import SettingsRepository
from api.presenters.settings import settings_read, settings_version_read
from api.problems import (
    BadCursor,
    CategoriesNotRead,
    Conflict,
    IdempotencyKeyReused,
    NotFound,
    PreconditionRequired,
    VersionOutdated,
    problems,
)
from api.queries.lists import list_rows
from api.queries.paging import Paged
from api.schemas.categories import CategoryList
from api.schemas.settings import (
    SettingsComment,
    SettingsPage,
    SettingsPatch,
    SettingsRead,
    SettingsVersionRead,
    SettingsWrite,
)
from common.db.models.core import SettingsVersionRow
from common.domain.merchant import MerchantSettings

router = APIRouter(prefix="/api/v1/tenants", tags=["tenants"])
Number = Annotated[int, Path(ge=1, le=2_147_483_647, description="The version's number.")]
ON_A_VERSION = (NotFound, Conflict, VersionOutdated, PreconditionRequired)


@router.get("/{tenant_id}/settings", responses=problems(NotFound), operation_id="get_settings")
async def read_settings(
    tenant_id: UUID, principal: AnyRole, session: ReadSession, response: Response
) -> SettingsRead:
    """The settings in force; their number is the ETag."""
    await _tenant_is_there(session, principal, tenant_id)
    return _tagged(response, await SettingsRepository(session, tenant_id).newest())


@router.put("/{tenant_id}/settings", responses=problems(*ON_A_VERSION), operation_id="save_settings")
async def save_settings(
    tenant_id: UUID,
    wanted: SettingsWrite,
    editor: Editor,
    session: WriteSession,
    response: Response,
    stated: Stated,
) -> SettingsRead:
    """Save all settings as a new version and decide again about documents they may have freed.

    What is left out takes its default; PATCH changes a part. With `version` or `If-Match`, one of which is
    needed, nothing is saved over a newer version; `If-Match: *` saves over any.
    """
    saving = await Saving.begin(session, editor, tenant_id)
    stated.check(saving.newest.number, wanted.version)
    return _tagged(response, await saving.save(wanted.values, wanted.comment))


@router.patch("/{tenant_id}/settings", responses=problems(*ON_A_VERSION), operation_id="change_settings")
async def change_settings(
    tenant_id: UUID,
    wanted: SettingsPatch,
    editor: Editor,
    session: WriteSession,
    response: Response,
    stated: Stated,
) -> SettingsRead:
    """Change some settings and leave the others as they are, as a new version.

    `values` is a JSON merge patch (RFC 7396) and is judged by the whole that results: objects merge, lists
    replace, null takes the default. As with PUT, `version` or `If-Match` is needed.
    """
    saving = await Saving.begin(session, editor, tenant_id)
    stated.check(saving.newest.number, wanted.version)
    return _tagged(response, await saving.save(merged(saving.in_force, wanted.values), wanted.comment))


@router.post(
    "/{tenant_id}/pause",
    responses=problems(NotFound, Conflict, IdempotencyKeyReused),
    operation_id="pause_tenant",
)
async def pause_tenant(
    tenant_id: UUID,
    editor: Editor,
    once: OncePerKey,
    session: WriteSession,
    response: Response,
    wanted: SettingsComment | None = None,
) -> SettingsRead:
    """Book nothing more until `resume`; documents are still read from the shops and kept."""

    async def work() -> Answer[SettingsRead]:
        return Answer(200, await _in_mode(session, response, editor, tenant_id, "paused", wanted))

    return await once.answer(session, SettingsRead, work)


@router.post(
    "/{tenant_id}/resume",
    responses=problems(NotFound, Conflict, IdempotencyKeyReused),
    operation_id="resume_tenant",
)
async def resume_tenant(
    tenant_id: UUID,
    editor: Editor,
    once: OncePerKey,
    session: WriteSession,
    response: Response,
    wanted: SettingsComment | None = None,
) -> SettingsRead:
    """Book again, and first what came in the meantime."""

    async def work() -> Answer[SettingsRead]:
        return Answer(200, await _in_mode(session, response, editor, tenant_id, "automatic", wanted))

    return await once.answer(session, SettingsRead, work)


@router.get(
    "/{tenant_id}/categories",
    responses=problems(NotFound, CategoriesNotRead),
    operation_id="list_categories",
)
async def list_categories(tenant_id: UUID, principal: AnyRole, session: ReadSession) -> CategoryList:
    """The books' posting categories, what each allows, and which settings name it."""
    await _tenant_is_there(session, principal, tenant_id)
    known = await known_categories(session, tenant_id)
    if known is None:
        raise CategoriesNotRead
    values = await SettingsRepository(session, tenant_id).values_in_force()
    return category_list(known, values)


@router.get(
    "/{tenant_id}/settings/versions",
    responses=problems(NotFound, BadCursor),
    operation_id="list_settings_versions",
)
async def list_settings_versions(
    tenant_id: UUID, principal: AnyRole, pager: Paged, session: ReadSession
) -> SettingsPage:
    """Every version the settings ever had."""
    await _tenant_is_there(session, principal, tenant_id)
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
    tenant_id: UUID, number: Number, principal: AnyRole, session: ReadSession
) -> SettingsVersionRead:
    """One version of the settings: who saved it, when, why, and what it changed."""
    await _tenant_is_there(session, principal, tenant_id)
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
    session: WriteSession,
    response: Response,
    wanted: SettingsComment | None = None,
) -> SettingsRead:
    """Put an old version in force again, as a new version."""

    async def work() -> Answer[SettingsRead]:
        saving = await Saving.begin(session, editor, tenant_id)
        old = await SettingsRepository(session, tenant_id).get(number)
        values = MerchantSettings.model_validate(old.values)
        comment = wanted.comment if wanted and wanted.comment else f"version {number} restored"
        return Answer(200, _tagged(response, await saving.save(values, comment)))

    return await once.answer(session, SettingsRead, work)


async def _in_mode(
    session: WriteSession,
    response: Response,
    editor: Principal,
    tenant_id: UUID,
    mode: Literal["paused", "automatic"],
    wanted: SettingsComment | None,
) -> SettingsRead:
    """The settings with that mode; where it holds already, no version is made."""
    saving = await Saving.begin(session, editor, tenant_id)
    if saving.in_force.mode == mode:
        return _tagged(response, saving.newest)
    values = saving.in_force.model_copy(update={"mode": mode})
    return _tagged(response, await saving.save(values, wanted.comment if wanted else None))


async def _tenant_is_there(session: ReadSession, principal: Principal, tenant_id: UUID) -> None:
    await get_tenant(session, principal.own(tenant_id), tenant_id)


def _tagged(response: Response, row: SettingsVersionRow) -> SettingsRead:
    response.headers["ETag"] = tag_of(row.number)
    return settings_read(row)
