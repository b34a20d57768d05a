"""Shops: asked what they are, linked by address, read by ingest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal
from api.commands import fetch_now
from api.connections import (
    ACCESS_TOKEN,
    ConnectionRepository,
    Newcomer,
    ShopQuestions,
    has_token,
    require_free_shop,
    shop_place,
    shop_to_use,
)
from api.deps import Deps
from api.kinds.kind import Checked, Kept, Standing
from api.kinds.rows import rows_about
from api.schemas.connections import ShopConnectionCreate, TroubleRead
from api.upstream import checked_address
from common.db.models.core import ConnectionRow
from common.db.models.ingest import ShopCursorRow
from common.domain.connection_troubles import TROUBLES
from common.domain.stored_words import ConnectionState
from common.domain.web_addresses import root_of

CLIENT_SECRET = "client_secret"


@dataclass(frozen=True, slots=True)
class CheckedShop(Checked):
    """A shop that may be kept, with what it says of itself."""

    shop: Newcomer


class ShopKind:
    """Shops that documents are read from."""

    can_be_fetched = True

    def place(self, row: ConnectionRow) -> str:
        """Tell the shop's API root, as places are compared."""
        return shop_place(row)

    async def check(
        self, deps: Deps, tenant_id: UUID, wanted: ShopConnectionCreate, *, verify: bool
    ) -> CheckedShop:
        """Ask the shop what it is, unless that is left out; its address is looked at in any case."""
        address = await checked_address(wanted.base_url, deps.settings.hosts)
        shop = Newcomer(tenant_id, root_of(address))
        if verify:
            shop = await ShopQuestions(deps, tenant_id, address, wanted.access_token).newcomer()
        return CheckedShop(address, verify, shop)

    async def keep(
        self,
        session: AsyncSession,
        deps: Deps,
        principal: Principal,
        wanted: ShopConnectionCreate,
        checked: CheckedShop,
    ) -> Kept:
        """Link the shop over the connection that leads to it already, else over a new one."""
        shop, token = checked.shop, has_token(deps.secrets, wanted.access_token)
        chosen = await shop_to_use(session, principal, shop, token, replace=wanted.replace)
        row, before = await ConnectionRepository(session, shop.tenant_id).put_shop(
            chosen,
            platform=wanted.platform,
            name=wanted.name,
            address=checked.address,
            storefront=shop.storefront,
            verified=checked.verified,
        )
        secrets = {ACCESS_TOKEN: wanted.access_token}
        if wanted.client_secret is not None:
            secrets[CLIENT_SECRET] = wanted.client_secret
        await deps.secrets.of(row.tenant_id, row.connection_id).store_only(session, secrets)
        moved_from = None if before == checked.address else before
        return Kept(row, in_line=row, is_new=before is None, moved_from=moved_from)

    async def enable(
        self, session: AsyncSession, deps: Deps, row: ConnectionRow, *, by_operator: bool
    ) -> None:
        """Read the shop again, unless it is in use over another connection."""
        if row.state == ConnectionState.DISABLED:
            await require_free_shop(session, deps, row)
        await ConnectionRepository(session, row.tenant_id).enable_shop(row, by_operator=by_operator)

    async def resume(self, session: AsyncSession, row: ConnectionRow) -> None:
        """Ask ingest to read the shop now."""
        await fetch_now(session, row)

    async def standings(self, session: AsyncSession, rows: Sequence[ConnectionRow]) -> list[Standing]:
        """Read how the shops stand: what ingest met at its last polls counts."""
        ids, tenants = [row.connection_id for row in rows], {row.tenant_id for row in rows}
        cursors = await rows_about(session, ShopCursorRow, ids, tenants)
        return [_standing(row, cursors.get(row.connection_id)) for row in rows]


def _standing(row: ConnectionRow, cursor: ShopCursorRow | None) -> Standing:
    """An active shop that refuses us needs a reconnect, whatever its row says."""
    state: str = row.state
    reason: str | None = row.state_reason
    if state == ConnectionState.ACTIVE and cursor is not None and cursor.disconnected_at is not None:
        state, reason = ConnectionState.RECONNECT_NEEDED, "refused_by_shop"
    return Standing(
        row=row,
        state=state,
        state_reason=reason,
        base_url=row.address,
        webhook_path=f"/webhooks/{row.platform}/{row.connection_id}",
        trouble=_trouble(cursor),
        failures=cursor.failures + cursor.refusals if cursor else 0,
        last_error=cursor.last_error if cursor else None,
        last_poll_at=cursor.last_poll_at if cursor else None,
        next_poll_at=cursor.next_poll_at if cursor else None,
    )


def _trouble(cursor: ShopCursorRow | None) -> TroubleRead | None:
    """Why the shop cannot be read, where the cause is a known one."""
    code = None if cursor is None else cursor.trouble
    if code is None or code not in TROUBLES:
        return None
    return TroubleRead(code=code, **asdict(TROUBLES[code]))
