"""Connections as they really stand: what ingest and the books' token pair say counts too."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.connections import ACTIVE, BOOKS, PENDING
from api.schemas.connections import ConnectionRead, TroubleRead
from api.schemas.operations import ConnectionHealth
from common.db.breakers import CONTRACT, RIGHTS
from common.db.models.books import BooksReadingRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import BreakerRow, OAuthTokenRow
from common.db.models.ingest import ShopCursorRow
from common.domain.connection_troubles import TROUBLES, ConnectionTrouble

RECONNECT = "reconnect_needed"
DENIALS = {CONTRACT: "contract_problem", RIGHTS: "rights_missing"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A connection with what others know about it."""

    row: ConnectionRow
    cursor: ShopCursorRow | None
    readings: Sequence[BooksReadingRow]
    token_state: str | None
    breaker: BreakerRow | None
    pending_address: str | None

    @property
    def state(self) -> tuple[str, str | None]:
        """State and reason; an active connection the other side refuses needs a reconnect."""
        if self.row.state == ACTIVE and self.cursor is not None and self.cursor.disconnected_at is not None:
            return RECONNECT, "refused_by_shop"
        if self.row.state == ACTIVE and self.row.auth == "oauth" and self.token_state == RECONNECT:
            return RECONNECT, "refused_by_books"
        if self.row.state == ACTIVE and self.breaker is not None and self.breaker.denied_at is not None:
            return RECONNECT, DENIALS.get(self.breaker.refused_by or "", "refused_by_books")
        return self.row.state, self.row.state_reason

    @property
    def trouble(self) -> TroubleRead | None:
        """Why the shop cannot be read, where the cause is a known one."""
        if self.cursor is None or self.cursor.trouble is None:
            return None
        code = ConnectionTrouble(self.cursor.trouble)
        return TroubleRead(code=code, **asdict(TROUBLES[code]))

    @property
    def failures(self) -> int:
        """Calls that failed or were refused in a row."""
        if self.cursor is not None:
            return self.cursor.failures + self.cursor.refusals
        return self.breaker.failures if self.breaker else self._worst.failures

    @property
    def last_error(self) -> str | None:
        """What the last of them ended with."""
        known = self.cursor or self.breaker or self._worst
        return known.last_error

    def read(self) -> ConnectionRead:
        """The connection as it is shown."""
        row, (state, reason) = self.row, self.state
        is_books = row.kind == BOOKS
        return ConnectionRead.model_validate(
            {
                **_shared(row),
                "base_url": row.config.get("base_url") if is_books else row.address,
                "organization_id": row.address if is_books else None,
                "auth": row.auth,
                "state": state,
                "state_reason": reason,
                "verified_at": row.verified_at,
                "created_at": row.created_at,
                "webhook_path": None if is_books else f"/webhooks/{row.platform}/{row.connection_id}",
                "pending_connection_id": row.config.get(PENDING),
                "pending_organization_id": self.pending_address,
                "trouble": self.trouble,
            }
        )

    def health(self) -> ConnectionHealth:
        """The connection as the status shows it."""
        cursor, (state, reason) = self.cursor, self.state
        return ConnectionHealth.model_validate(
            {
                **_shared(self.row),
                "state": state,
                "state_reason": reason,
                "last_poll_at": cursor.last_poll_at if cursor else None,
                "next_poll_at": cursor.next_poll_at if cursor else None,
                "failures": self.failures,
                "last_error": self.last_error,
                "trouble": self.trouble,
            }
        )

    @property
    def _worst(self) -> "Trouble":
        """The list of the books that failed most often in a row."""
        failing = [row for row in self.readings if row.failures]
        worst = max(failing, key=lambda row: row.failures, default=None)
        return Trouble() if worst is None else Trouble(worst.failures, f"{worst.list}: {worst.last_error}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often something failed in a row, and what was said last."""

    failures: int = 0
    last_error: str | None = None


async def standings(session: AsyncSession, rows: Sequence[ConnectionRow]) -> list[Standing]:
    """The connections with what others know about them, in the same order."""
    ids = [row.connection_id for row in rows]
    tenants = {row.tenant_id for row in rows}
    cursors = await _by_connection(session, ShopCursorRow, ids, tenants)
    tokens = await _by_connection(session, OAuthTokenRow, ids, tenants)
    readings = await _readings(session, ids, tenants)
    breakers = await _worst_breakers(session, ids, tenants)
    pending = [UUID(row.config[PENDING]) for row in rows if PENDING in row.config]
    successors = await _by_connection(session, ConnectionRow, pending, tenants)
    found = []
    for row in rows:
        token = tokens.get(row.connection_id)
        successor = successors.get(UUID(row.config[PENDING])) if PENDING in row.config else None
        found.append(
            Standing(
                row=row,
                cursor=cursors.get(row.connection_id),
                readings=readings[row.connection_id],
                token_state=token.state if token else None,
                breaker=breakers.get(row.connection_id),
                pending_address=successor.address if successor else None,
            )
        )
    return found


async def connection_read(session: AsyncSession, row: ConnectionRow) -> ConnectionRead:
    """One connection as it is shown."""
    [standing] = await standings(session, [row])
    return standing.read()


async def _by_connection(
    session: AsyncSession, table: Any, ids: Sequence[UUID], tenants: set[UUID]
) -> dict[UUID, Any]:
    if not ids:
        return {}
    query = select(table).where(table.connection_id.in_(ids), table.tenant_id.in_(tenants))
    return {row.connection_id: row for row in (await session.scalars(query)).all()}


async def _worst_breakers(
    session: AsyncSession, ids: Sequence[UUID], tenants: set[UUID]
) -> Mapping[UUID, BreakerRow]:
    """What speaks against each connection: refusals that last before all else, then the most failures."""
    query = (
        select(BreakerRow)
        .where(BreakerRow.connection_id.in_(ids), BreakerRow.tenant_id.in_(tenants))
        .order_by(BreakerRow.denied_at.is_not(None), BreakerRow.failures, BreakerRow.scope)
    )
    return {row.connection_id: row for row in await session.scalars(query)}


async def _readings(
    session: AsyncSession, ids: Sequence[UUID], tenants: set[UUID]
) -> Mapping[UUID, Sequence[BooksReadingRow]]:
    query = select(BooksReadingRow).where(
        BooksReadingRow.connection_id.in_(ids), BooksReadingRow.tenant_id.in_(tenants)
    )
    found: defaultdict[UUID, list[BooksReadingRow]] = defaultdict(list)
    for row in (await session.scalars(query)).all():
        found[row.connection_id].append(row)
    return found


def _shared(row: ConnectionRow) -> dict[str, Any]:
    return {
        "id": row.connection_id,
        "tenant_id": row.tenant_id,
        "kind": row.kind,
        "platform": row.platform,
        "name": row.name,
    }
