"""Keeps a shop and an organization in use under one tenant at a time; a pair from before goes on."""

from uuid import UUID

import structlog
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal
from api.connections.asking import ACCESS_TOKEN, has_token
from api.connections.evidence import HasToken, Newcomer, find_matches, find_matches_of
from api.connections.judging import Wish, connection_to_use
from api.connections.problems import OrganizationLinkedElsewhere, ShopLinkedElsewhere
from api.deps import Deps
from common.db.dialect import one_at_a_time
from common.db.models.core import ConnectionRow
from common.domain.stored_words import ConnectionKind, ConnectionState, Role

LINKING = "linking"

log = structlog.get_logger(__name__)


async def alone(session: AsyncSession) -> None:
    """Let no other connection of any tenant be linked, enabled or released until the transaction ends."""
    await one_at_a_time(session, LINKING)


async def shop_to_use(
    session: AsyncSession, principal: Principal, newcomer: Newcomer, has_token: HasToken, *, replace: bool
) -> UUID | None:
    """Choose the tenant's connection that leads to the newcomer from now on; None when a new one is made.

    Raises `ShopLinkedElsewhere` when the shop is in use and stays where it is.
    """
    matches = await find_matches(session, newcomer, has_token)
    wish = Wish(newcomer.is_at_home, replace=replace, by_operator=principal.role is Role.OPERATOR)
    try:
        return connection_to_use(matches, wish)
    except ShopLinkedElsewhere:
        _refused(ConnectionKind.SHOP, newcomer.tenant_id, [match.connection_id for match in matches])
        raise


async def require_free_shop(session: AsyncSession, deps: Deps, row: ConnectionRow) -> None:
    """Raise `ShopLinkedElsewhere` when the shop of a connection out of use is in use over another one."""
    token = await deps.secrets.of(row.tenant_id, row.connection_id).find_readable(session, ACCESS_TOKEN)
    newcomer, matches = await find_matches_of(session, row, has_token(deps.secrets, token))
    in_use = [match for match in matches if match.is_in_use]
    own = next((match for match in in_use if match.is_ours), None)
    if own is not None:
        raise ShopLinkedElsewhere(
            f"Your connection {own.connection_id} leads to the same shop and is in use."
        )
    try:
        connection_to_use(in_use, Wish(newcomer.is_at_home, by_operator=True))
    except ShopLinkedElsewhere:
        _refused(ConnectionKind.SHOP, row.tenant_id, [match.connection_id for match in in_use])
        raise


async def require_free_organization(
    session: AsyncSession, tenant_id: UUID, organization_id: str, *, besides: UUID | None = None
) -> None:
    """Raise `OrganizationLinkedElsewhere` when another tenant uses these books.

    Who uses them as well, over a connection other than `besides`, goes on as before.
    """
    query = select(ConnectionRow.tenant_id, ConnectionRow.connection_id).where(
        ConnectionRow.kind == ConnectionKind.BOOKS,
        ConnectionRow.state != ConnectionState.DISABLED,
        *([] if besides is None else [ConnectionRow.connection_id != besides]),
        or_(ConnectionRow.root == organization_id.lower(), ConnectionRow.address == organization_id),
    )
    holders = (await session.execute(query)).all()
    if holders and all(holder.tenant_id != tenant_id for holder in holders):
        _refused(ConnectionKind.BOOKS, tenant_id, [holder.connection_id for holder in holders])
        raise OrganizationLinkedElsewhere


def _refused(kind: ConnectionKind, tenant_id: UUID, holders: list[UUID]) -> None:
    """Operators read here who is in the way; whoever asked does not learn it."""
    held_by = [str(holder) for holder in holders]
    log.warning("connection.linked_elsewhere", kind=kind.value, tenant_id=str(tenant_id), held_by=held_by)
