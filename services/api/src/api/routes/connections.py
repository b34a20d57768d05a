"""Links to shops and books."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import (
    Answer,
    AnyRole,
    Editor,
    OncePerKey,
    Operator,
    Principal,
    ReadSession,
    WriteSession,
    audit,
    get_connection,
    get_tenant,
    lock_connection,
)
from api.commands import fetch_now, fetch_order
from api.connections import (
    ConnectionRepository,
    OrganizationLinkedElsewhere,
    ShopLinkedElsewhere,
    alone,
    release,
    require_free_organization,
)
from api.deps import DepsOf
from api.kinds import check, connection_read, enable, keep, kind_of, standings
from api.problems import (
    AddressRefused,
    AnswerEncodingRefused,
    BadCursor,
    BookkeepingMissing,
    BooksConnectionExists,
    Conflict,
    ConnectionNotUsable,
    CredentialsRefused,
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    NoSuchUpstream,
    NotFound,
    NothingToConfirm,
    UpstreamUnavailable,
    problems,
)
from api.queries.gaps import read_gaps
from api.queries.lists import list_rows
from api.queries.paging import Paged
from api.schemas.base import CommandRead
from api.schemas.connections import (
    ConnectionCreate,
    ConnectionPage,
    ConnectionRead,
    FetchRequest,
    ReleaseRequest,
)
from api.schemas.gaps import GapsRead
from common.db.models.core import ConnectionRow
from common.domain.stored_words import ConnectionState, Role

router = APIRouter(prefix="/api/v1/connections", tags=["connections"])
Verify = Annotated[bool, Query(description="`false` keeps the connection unasked; for operators only.")]


@router.post(
    "",
    status_code=201,
    responses={
        200: {
            "model": ConnectionRead,
            "description": "The address was known: the connection was linked again.",
        },
        **problems(
            NotFound,
            Conflict,
            OrganizationLinkedElsewhere,
            ShopLinkedElsewhere,
            ConnectionNotUsable,
            AddressRefused,
            AnswerEncodingRefused,
            CredentialsRefused,
            NoSuchUpstream,
            BookkeepingMissing,
            IdempotencyKeyReused,
            UpstreamUnavailable,
        ),
    },
    operation_id="create_connection",
)
async def create_connection(
    wanted: ConnectionCreate, editor: Editor, once: OncePerKey, deps: DepsOf, verify: Verify = True
) -> ConnectionRead:
    """Link a shop or books: the other side is asked first, the secrets are sealed and never shown.

    A known address is linked again with the new secrets. A shop known under another address moves to the new
    one when both have orders in common and the old address takes its token no more, or when `replace` says
    so; its connection keeps its id.
    A shop and an organization are in use under one tenant at a time: `shop_linked_elsewhere`,
    `organization_linked_elsewhere`. Other books than those in use do not replace them:
    the answer is then the connection in use, halted until somebody confirms the other organization.
    """
    tenant_id = _tenant_of(wanted.tenant_id, editor)
    if not verify and editor.role is not Role.OPERATOR:
        raise Forbidden("Only an operator may leave out the verification.")
    if (earlier := await once.earlier(deps.db, ConnectionRead)) is not None:
        return earlier
    async with deps.db.reading.of(tenant_id) as session:
        await get_tenant(session, editor.scope(tenant_id), tenant_id)
    checked = await check(deps, tenant_id, wanted, verify=verify)
    async with deps.db.sessions.of_all_tenants() as session:
        return await once.answer(
            session, ConnectionRead, lambda: keep(session, deps, editor, tenant_id, wanted, checked)
        )


@router.get("", responses=problems(BadCursor), operation_id="list_connections")
async def list_connections(
    principal: AnyRole,
    pager: Paged,
    session: ReadSession,
    tenant_id: UUID | None = None,
    kind: Literal["shop", "books"] | None = None,
) -> ConnectionPage:
    """Connections, also disabled ones."""
    by = (ConnectionRow.created_at, ConnectionRow.connection_id)
    conditions = [ConnectionRow.kind == kind] if kind else []
    rows, cursor = await list_rows(
        session, principal.scope(tenant_id), pager, by, ConnectionRow.tenant_id, conditions, kind
    )
    items = [standing.read() for standing in await standings(session, rows)]
    return ConnectionPage(items=items, next_cursor=cursor)


@router.get("/{connection_id}", responses=problems(NotFound), operation_id="get_connection")
async def read_connection(connection_id: UUID, principal: AnyRole, session: ReadSession) -> ConnectionRead:
    """One connection."""
    return await connection_read(session, await get_connection(session, principal.scope(), connection_id))


@router.get("/{connection_id}/gaps", responses=problems(NotFound), operation_id="list_gaps")
async def list_gaps(connection_id: UUID, principal: AnyRole, session: ReadSession) -> GapsRead:
    """Numbers that are missing between the documents of a shop; a warning only.

    A document that is not finalised yet leaves a gap until it is.
    """
    return await read_gaps(session, await get_connection(session, principal.scope(), connection_id))


@router.post(
    "/{connection_id}/disable",
    responses=problems(NotFound, Conflict, IdempotencyKeyReused),
    operation_id="disable_connection",
)
async def disable_connection(
    connection_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession
) -> ConnectionRead:
    """Stop using a connection; it and all that came over it stay known."""

    async def work() -> Answer[ConnectionRead]:
        row = await lock_connection(session, editor.scope(), connection_id)
        await ConnectionRepository(session, row.tenant_id).disable(row)
        return await _changed(session, editor, "connection.disabled", row)

    return await once.answer(session, ConnectionRead, work)


@router.post(
    "/{connection_id}/enable",
    responses=problems(
        NotFound,
        Conflict,
        ConnectionNotUsable,
        BooksConnectionExists,
        OrganizationLinkedElsewhere,
        ShopLinkedElsewhere,
        IdempotencyKeyReused,
    ),
    operation_id="enable_connection",
)
async def enable_connection(
    connection_id: UUID, editor: Editor, once: OncePerKey, deps: DepsOf, session: WriteSession
) -> ConnectionRead:
    """Use a disabled connection again; books that were never confirmed come back halted."""

    async def work() -> Answer[ConnectionRead]:
        await alone(session)
        row = await lock_connection(session, editor.scope(), connection_id)
        await enable(session, deps, editor, row)
        return await _changed(session, editor, "connection.enabled", row)

    return await once.answer(session, ConnectionRead, work)


@router.post(
    "/{connection_id}/release",
    responses=problems(NotFound, Conflict, IdempotencyKeyReused),
    operation_id="release_connection",
)
async def release_connection(
    connection_id: UUID, wanted: ReleaseRequest, operator: Operator, once: OncePerKey, session: WriteSession
) -> ConnectionRead:
    """Set a shop or books free for another tenant: disabled here, with all that came over it kept.

    Nothing moves. The other tenant links it afresh; only an operator brings it back here.
    """

    async def work() -> Answer[ConnectionRead]:
        await alone(session)
        row = await lock_connection(session, operator.scope(), connection_id)
        await release(session, operator, row, kind_of(row).place(row), wanted.reason)
        return Answer(200, await connection_read(session, row))

    return await once.answer(session, ConnectionRead, work)


@router.post(
    "/{connection_id}/confirm-organization",
    responses=problems(
        NotFound, Conflict, NothingToConfirm, OrganizationLinkedElsewhere, IdempotencyKeyReused
    ),
    operation_id="confirm_organization",
)
async def confirm_organization(
    connection_id: UUID, editor: Editor, once: OncePerKey, session: WriteSession
) -> ConnectionRead:
    """Say that the other organization is right: its connection is in use from now on and is the answer."""

    async def work() -> Answer[ConnectionRead]:
        await alone(session)
        row = await lock_connection(session, editor.scope(), connection_id)
        chosen = await ConnectionRepository(session, row.tenant_id).confirm_organization(row)
        await require_free_organization(session, row.tenant_id, chosen.address, besides=chosen.connection_id)
        await kind_of(chosen).resume(session, chosen)
        return await _changed(session, editor, "connection.organization_confirmed", chosen)

    return await once.answer(session, ConnectionRead, work)


@router.post(
    "/{connection_id}/fetch",
    status_code=202,
    responses=problems(NotFound, ConnectionNotUsable, IdempotencyKeyReused),
    operation_id="fetch_connection",
)
async def fetch_connection(
    connection_id: UUID,
    editor: Editor,
    once: OncePerKey,
    session: WriteSession,
    wanted: FetchRequest | None = None,
) -> CommandRead:
    """Read the shop now: everything changed since the last poll, or one order."""

    async def work() -> Answer[CommandRead]:
        row = await get_connection(session, editor.scope(), connection_id)
        if not kind_of(row).can_be_fetched or row.state != ConnectionState.ACTIVE:
            raise ConnectionNotUsable("Only an active shop connection can be fetched from.")
        order_id = wanted.order_id if wanted else None
        await audit.note(
            session,
            editor,
            "connection.fetched",
            row.tenant_id,
            connection_id=str(connection_id),
            order_id=order_id,
        )
        return Answer(
            202, await (fetch_order(session, row, order_id) if order_id else fetch_now(session, row))
        )

    return await once.answer(session, CommandRead, work)


async def _changed(
    session: WriteSession, editor: Principal, action: str, row: ConnectionRow
) -> Answer[ConnectionRead]:
    await audit.note(
        session, editor, action, row.tenant_id, connection_id=str(row.connection_id), state=row.state
    )
    return Answer(200, await connection_read(session, row))


def _tenant_of(tenant_id: UUID | None, editor: Principal) -> UUID:
    scoped = editor.scope(tenant_id).tenant_id
    if scoped is None:
        raise InvalidRequest("The tenant_id is needed.")
    return scoped
