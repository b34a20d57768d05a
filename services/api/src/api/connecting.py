"""Makes a connection: address checked, other side asked, then kept with its secrets in one transaction."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Answer, Principal, Role, audit
from api.addresses import checked_address, one_spelling
from api.connections import (
    ConnectionRepository,
    Newcomer,
    ShopQuestions,
    alone,
    has_token,
    require_free_organization,
    shop_to_use,
)
from api.deps import Deps
from api.http import AddressRefused, BookkeepingMissing, InvalidRequest
from api.queries.connections import connection_read
from api.queries.lists import get_tenant
from api.schemas.connections import BooksConnectionCreate, ConnectionRead, ShopConnectionCreate
from api.sending import fetch_now, release_parked
from common.db.breakers import linked_anew
from common.db.models.core import ConnectionRow
from common.domain.web_addresses import root_of
from common.lexware.oauth import TokenPair
from common.lexware.tokens import TokenStore

CREATED, OK = 201, 200
BY_CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Checked:
    """A connection that may be kept: where it leads, whether the other side confirmed it, and as what."""

    base_url: str
    address: str
    verified: bool
    shop: Newcomer | None = None


async def check(
    deps: Deps, tenant_id: UUID, wanted: ShopConnectionCreate | BooksConnectionCreate, *, verify: bool
) -> Checked:
    """Ask the other side; raises the problem to answer with. Must not run inside a transaction."""
    if isinstance(wanted, ShopConnectionCreate):
        base_url = await checked_address(wanted.base_url, deps.settings.hosts)
        shop = Newcomer(tenant_id, root_of(base_url))
        if verify:
            shop = await ShopQuestions(deps, tenant_id, base_url, wanted.access_token).newcomer()
        return Checked(base_url, base_url, verify, shop)
    base_url, token = _books_host(deps, wanted), _books_token(wanted)
    if not verify:
        if wanted.organization_id is None:
            raise InvalidRequest("Without verification the organization_id is needed.")
        return Checked(base_url, str(wanted.organization_id), verified=False)
    identity = await deps.checks.books(token)
    if not identity.has_bookkeeping:
        raise BookkeepingMissing
    return Checked(base_url, identity.organization_id, verified=True)


async def keep(
    session: AsyncSession,
    deps: Deps,
    principal: Principal,
    tenant_id: UUID,
    wanted: ShopConnectionCreate | BooksConnectionCreate,
    checked: Checked,
) -> Answer[ConnectionRead]:
    """The connection is kept with its secrets; the answer is the one the tenant's line uses."""
    await alone(session)
    await get_tenant(session, principal.scope(tenant_id), tenant_id, lock=True)
    if isinstance(wanted, ShopConnectionCreate):
        row, before = await _keep_shop(session, deps, principal, wanted, checked)
        in_line, is_new = row, before is None
        await fetch_now(session, row)
    else:
        before = checked.address
        row, in_line, is_new = await _keep_books(session, deps, principal, tenant_id, wanted, checked)
        await release_parked(session, tenant_id, BY_CONNECTION)
    moved = {} if before in {None, checked.address} else {"from": before, "to": checked.address}
    await audit.note(
        session,
        principal,
        "connection.moved" if moved else "connection.created" if is_new else "connection.relinked",
        tenant_id,
        connection_id=str(row.connection_id),
        kind=row.kind,
        platform=row.platform,
        verified=checked.verified,
        halted=in_line.state == "halted",
        **moved,
    )
    shown = await connection_read(session, in_line)
    return Answer(CREATED if is_new and in_line is row else OK, shown)


async def _keep_shop(
    session: AsyncSession, deps: Deps, principal: Principal, wanted: ShopConnectionCreate, checked: Checked
) -> tuple[ConnectionRow, str | None]:
    """The connection, and the address it led to before; None for a new one."""
    shop = checked.shop
    assert shop is not None
    token = has_token(deps.secrets, wanted.access_token)
    chosen = await shop_to_use(session, principal, shop, token, replace=wanted.replace)
    row, before = await ConnectionRepository(session, shop.tenant_id).put_shop(
        chosen,
        platform=wanted.platform,
        name=wanted.name,
        address=checked.address,
        storefront=shop.storefront,
        verified=checked.verified,
    )
    secrets = {"access_token": wanted.access_token}
    if wanted.client_secret is not None:
        secrets["client_secret"] = wanted.client_secret
    await deps.secrets.of(row.tenant_id, row.connection_id).store_only(session, secrets)
    return row, before


async def _keep_books(
    session: AsyncSession,
    deps: Deps,
    principal: Principal,
    tenant_id: UUID,
    wanted: BooksConnectionCreate,
    checked: Checked,
) -> tuple[ConnectionRow, ConnectionRow, bool]:
    await require_free_organization(session, tenant_id, checked.address)
    row, in_line, is_new = await ConnectionRepository(session, tenant_id).put_books(
        platform=wanted.platform,
        name=wanted.name,
        address=checked.address,
        auth="oauth" if wanted.oauth else "api_key",
        config={"base_url": checked.base_url},
        verified=checked.verified,
        by_operator=principal.role is Role.OPERATOR,
    )
    await linked_anew(session, tenant_id, row.connection_id)
    secrets = deps.secrets.of(tenant_id, row.connection_id)
    tokens = TokenStore(deps.db, deps.secrets, tenant_id, row.connection_id)
    if wanted.oauth is not None:
        await secrets.drop(session)
        pair = TokenPair(
            access=wanted.oauth.access_token,
            refresh=wanted.oauth.refresh_token,
            expires_in=wanted.oauth.expires_in,
        )
        await tokens.start(session, pair)
    else:
        await secrets.store_only(session, {"api_key": _books_token(wanted)})
        await tokens.drop(session)
    return row, in_line, is_new


def _books_host(deps: Deps, wanted: BooksConnectionCreate) -> str:
    """Books are asked at one host, so a token can never be sent anywhere else."""
    known = one_spelling(deps.settings.lexware.api_url)
    if wanted.base_url is not None and one_spelling(wanted.base_url) != known:
        raise AddressRefused("Books are asked at the host of this installation only; leave base_url out.")
    return known


def _books_token(wanted: BooksConnectionCreate) -> SecretStr:
    if wanted.oauth is not None and wanted.api_key is None:
        return wanted.oauth.access_token
    if wanted.api_key is not None and wanted.oauth is None:
        return wanted.api_key
    raise InvalidRequest("Books need either an api_key or an oauth token pair.")
