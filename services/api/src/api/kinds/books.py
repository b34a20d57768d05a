"""Books: asked whose they are, one organization in use per tenant, another one halts the line."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Principal
from api.commands import release_parked
from api.connections import PENDING, ConnectionRepository, organization_place, require_free_organization
from api.deps import Deps
from api.kinds.kind import Checked, Kept, Standing
from api.kinds.rows import rows_about
from api.problems import (
    AddressRefused,
    BookkeepingMissing,
    InvalidRequest,
)
from api.schemas.connections import BooksConnectionCreate
from api.upstream import one_spelling
from common.db.breakers import linked_anew
from common.db.models.books import BooksReadingRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import BreakerRow, OAuthTokenRow
from common.domain.stored_words import AuthKind, ConnectionState, RefusedBy, Role, TokenPairState
from common.events.commands import ReleaseCause
from common.lexware.connect import API_KEY
from common.lexware.oauth import TokenPair
from common.lexware.tokens import TokenStore

DENIALS = {RefusedBy.CONTRACT: "contract_problem", RefusedBy.RIGHTS: "rights_missing"}


@dataclass(frozen=True, slots=True)
class CheckedBooks(Checked):
    """Books that may be kept, and the host they are asked at."""

    tenant_id: UUID
    base_url: str


@dataclass(frozen=True, slots=True)
class Failures:
    """How often something failed in a row, and what was said last."""

    count: int = 0
    last_error: str | None = None


class BooksKind:
    """Books that vouchers are written into."""

    can_be_fetched = False

    def place(self, row: ConnectionRow) -> str:
        """Tell the organization, as places are compared."""
        return organization_place(row)

    async def check(
        self, deps: Deps, tenant_id: UUID, wanted: BooksConnectionCreate, *, verify: bool
    ) -> CheckedBooks:
        """Ask whose books the credentials open, unless that is left out and said instead."""
        base_url, token = _host(deps, wanted), _token(wanted)
        if not verify:
            if wanted.organization_id is None:
                raise InvalidRequest("Without verification the organization_id is needed.")
            return CheckedBooks(str(wanted.organization_id), False, tenant_id, base_url)
        identity = await deps.checks.books(token)
        if not identity.has_bookkeeping:
            raise BookkeepingMissing
        return CheckedBooks(identity.organization_id, True, tenant_id, base_url)

    async def keep(
        self,
        session: AsyncSession,
        deps: Deps,
        principal: Principal,
        wanted: BooksConnectionCreate,
        checked: CheckedBooks,
    ) -> Kept:
        """Link the books; others in use stay in line, halted until a person confirms the new ones."""
        tenant_id = checked.tenant_id
        await require_free_organization(session, tenant_id, checked.address)
        row, in_line, is_new = await ConnectionRepository(session, tenant_id).put_books(
            platform=wanted.platform,
            name=wanted.name,
            address=checked.address,
            auth=AuthKind.OAUTH if wanted.oauth else AuthKind.API_KEY,
            config={"base_url": checked.base_url},
            verified=checked.verified,
            by_operator=principal.role is Role.OPERATOR,
        )
        await linked_anew(session, tenant_id, row.connection_id)
        await _store_credentials(session, deps, row, wanted)
        return Kept(row, in_line, is_new)

    async def enable(
        self, session: AsyncSession, deps: Deps, row: ConnectionRow, *, by_operator: bool
    ) -> None:
        """Write into the books again, unless others are in use here or these are in use elsewhere."""
        if row.state == ConnectionState.DISABLED:
            await require_free_organization(session, row.tenant_id, row.address)
        await ConnectionRepository(session, row.tenant_id).enable_books(row, by_operator=by_operator)

    async def resume(self, session: AsyncSession, row: ConnectionRow) -> None:
        """Ask the invoice writer to decide again about what waited for books."""
        await release_parked(session, row.tenant_id, ReleaseCause.CONNECTION)

    async def standings(self, session: AsyncSession, rows: Sequence[ConnectionRow]) -> list[Standing]:
        """Read how the books stand: their token pair, what they refused and what could not be read count."""
        ids, tenants = [row.connection_id for row in rows], {row.tenant_id for row in rows}
        tokens = await rows_about(session, OAuthTokenRow, ids, tenants)
        readings = await _readings(session, ids, tenants)
        breakers = await _worst_breakers(session, ids, tenants)
        pending = [UUID(row.config[PENDING]) for row in rows if PENDING in row.config]
        successors = await rows_about(session, ConnectionRow, pending, tenants)
        found = []
        for row in rows:
            token, breaker = tokens.get(row.connection_id), breakers.get(row.connection_id)
            successor = successors.get(UUID(row.config[PENDING])) if PENDING in row.config else None
            state, reason = _state(row, token.state if token else None, breaker)
            failures = _failures(breaker, readings[row.connection_id])
            found.append(
                Standing(
                    row=row,
                    state=state,
                    state_reason=reason,
                    base_url=row.config.get("base_url"),
                    organization_id=row.address,
                    pending_connection_id=row.config.get(PENDING),
                    pending_organization_id=successor.address if successor else None,
                    failures=failures.count,
                    last_error=failures.last_error,
                )
            )
        return found


def _host(deps: Deps, wanted: BooksConnectionCreate) -> str:
    """Books are asked at one host, so a token can never be sent anywhere else."""
    known = one_spelling(deps.settings.lexware.api_url)
    if wanted.base_url is not None and one_spelling(wanted.base_url) != known:
        raise AddressRefused("Books are asked at the host of this installation only; leave base_url out.")
    return known


def _token(wanted: BooksConnectionCreate) -> SecretStr:
    if wanted.oauth is not None and wanted.api_key is None:
        return wanted.oauth.access_token
    if wanted.api_key is not None and wanted.oauth is None:
        return wanted.api_key
    raise InvalidRequest("Books need either an api_key or an oauth token pair.")


async def _store_credentials(
    session: AsyncSession, deps: Deps, row: ConnectionRow, wanted: BooksConnectionCreate
) -> None:
    """Keep the key or the token pair, and forget whichever was there before."""
    secrets = deps.secrets.of(row.tenant_id, row.connection_id)
    tokens = TokenStore(deps.db, deps.secrets, row.tenant_id, row.connection_id)
    if wanted.oauth is None:
        await secrets.store_only(session, {API_KEY: _token(wanted)})
        await tokens.drop(session)
        return
    await secrets.drop(session)
    pair = TokenPair(
        access=wanted.oauth.access_token,
        refresh=wanted.oauth.refresh_token,
        expires_in=wanted.oauth.expires_in,
    )
    await tokens.start(session, pair)


def _state(row: ConnectionRow, token_state: str | None, breaker: BreakerRow | None) -> tuple[str, str | None]:
    """State and reason; active books that refuse us need a reconnect, whatever their row says."""
    if row.state != ConnectionState.ACTIVE:
        return row.state, row.state_reason
    if row.auth == AuthKind.OAUTH and token_state == TokenPairState.RECONNECT_NEEDED:
        return ConnectionState.RECONNECT_NEEDED, "refused_by_books"
    if breaker is not None and breaker.denied_at is not None:
        said = None if breaker.refused_by is None else DENIALS.get(breaker.refused_by)
        return ConnectionState.RECONNECT_NEEDED, said or "refused_by_books"
    return row.state, row.state_reason


def _failures(breaker: BreakerRow | None, readings: Sequence[BooksReadingRow]) -> Failures:
    """Calls that failed or were refused in a row; else of the list of the books that failed most often."""
    if breaker is not None:
        return Failures(breaker.failures, breaker.last_error)
    failing = [row for row in readings if row.failures]
    worst = max(failing, key=lambda row: row.failures, default=None)
    return Failures() if worst is None else Failures(worst.failures, f"{worst.list}: {worst.last_error}")


async def _worst_breakers(
    session: AsyncSession, ids: Sequence[UUID], tenants: Collection[UUID]
) -> Mapping[UUID, BreakerRow]:
    """Read what speaks against each connection: refusals that last first, then the most failures."""
    query = (
        select(BreakerRow)
        .where(BreakerRow.connection_id.in_(ids), BreakerRow.tenant_id.in_(tenants))
        .order_by(BreakerRow.denied_at.is_not(None), BreakerRow.failures, BreakerRow.scope)
    )
    return {row.connection_id: row for row in await session.scalars(query)}


async def _readings(
    session: AsyncSession, ids: Sequence[UUID], tenants: Collection[UUID]
) -> Mapping[UUID, Sequence[BooksReadingRow]]:
    query = select(BooksReadingRow).where(
        BooksReadingRow.connection_id.in_(ids), BooksReadingRow.tenant_id.in_(tenants)
    )
    found: defaultdict[UUID, list[BooksReadingRow]] = defaultdict(list)
    for row in (await session.scalars(query)).all():
        found[row.connection_id].append(row)
    return found
