"""API tokens."""

from uuid import UUID, uuid4

from fastapi import APIRouter
from sqlalchemy import select, update

from api.access import (
    Answer,
    Editor,
    OncePerKey,
    Principal,
    ReadSession,
    WriteSession,
    audit,
    get_tenant,
    hash_token,
    new_token,
)
from api.presenters.tenants import token_read
from api.problems import (
    BadCursor,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    problems,
)
from api.queries.lists import list_rows
from api.queries.paging import Paged
from api.schemas.tenants import TokenCreate, TokenCreated, TokenPage, TokenRead
from common.db.dialect import db_now, insert
from common.db.models.core import ApiTokenRow
from common.domain.stored_words import Role

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])


@router.post(
    "", status_code=201, responses=problems(NotFound, IdempotencyKeyReused), operation_id="create_token"
)
async def create_token(
    wanted: TokenCreate, editor: Editor, once: OncePerKey, session: WriteSession
) -> TokenCreated:
    """Make a token; the answer is the only place that ever shows it.

    Operators make tokens of every role, merchants those of merchants and advisers of their own tenant.
    """
    tenant_id = _tenant_of(wanted, editor)

    async def work() -> Answer[TokenCreated]:
        if tenant_id is not None:
            await get_tenant(session, editor.scope(tenant_id), tenant_id)
        token_id = uuid4()
        token = new_token(token_id)
        await session.execute(
            insert(session, ApiTokenRow).values(
                token_id=token_id,
                tenant_id=tenant_id,
                role=wanted.role,
                name=wanted.name,
                token_hash=hash_token(token),
                created_at=db_now(),
            )
        )
        await audit.note(
            session, editor, "token.created", tenant_id, token_id=str(token_id), role=wanted.role.value
        )
        row = await _get(session, editor, token_id)
        known = token_read(row).model_dump()
        shown = TokenCreated(**known, token=token.get_secret_value())
        return Answer(201, shown, kept=TokenCreated(**known, token=None))

    return await once.answer(session, TokenCreated, work)


@router.get("", responses=problems(BadCursor), operation_id="list_tokens")
async def list_tokens(
    editor: Editor, pager: Paged, session: ReadSession, tenant_id: UUID | None = None
) -> TokenPage:
    """Tokens, also revoked ones, without their secrets."""
    by = (ApiTokenRow.created_at, ApiTokenRow.token_id)
    rows, cursor = await list_rows(session, editor.scope(tenant_id), pager, by, ApiTokenRow.tenant_id)
    return TokenPage(items=[token_read(row) for row in rows], next_cursor=cursor)


@router.post(
    "/{token_id}/revoke", responses=problems(NotFound, IdempotencyKeyReused), operation_id="revoke_token"
)
async def revoke_token(token_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession) -> TokenRead:
    """The token is refused from now on."""

    async def work() -> Answer[TokenRead]:
        row = await _get(session, editor, token_id)
        if row.revoked_at is None:
            await session.execute(
                update(ApiTokenRow)
                .where(ApiTokenRow.token_id == token_id, *editor.scope().limits(ApiTokenRow.tenant_id))
                .values(revoked_at=db_now())
                .execution_options(synchronize_session=False)
            )
            await session.refresh(row)
            await audit.note(session, editor, "token.revoked", row.tenant_id, token_id=str(token_id))
        return Answer(200, token_read(row))

    return await once.answer(session, TokenRead, work)


def _tenant_of(wanted: TokenCreate, editor: Principal) -> UUID | None:
    if wanted.role is Role.OPERATOR:
        if editor.role is not Role.OPERATOR:
            raise Forbidden("Only an operator makes operator tokens.")
        if wanted.tenant_id is not None:
            raise InvalidRequest("An operator token belongs to no tenant.")
        return None
    tenant_id = editor.scope(wanted.tenant_id).tenant_id
    if tenant_id is None:
        raise InvalidRequest("The tenant_id is needed.")
    return tenant_id


async def _get(session: WriteSession, editor: Principal, token_id: UUID) -> ApiTokenRow:
    row = await session.scalar(
        select(ApiTokenRow).where(
            ApiTokenRow.token_id == token_id, *editor.scope().limits(ApiTokenRow.tenant_id)
        )
    )
    if row is None:
        raise NotFound
    return row
