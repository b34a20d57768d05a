"""Connections: linked once per address, re-used on re-install, halted when the books are others'."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.connections.judging import RELEASED_BY_OPERATOR
from api.connections.places import organization_place
from api.problems import (
    BooksConnectionExists,
    ConnectionNotUsable,
    NothingToConfirm,
)
from common.db.dialect import db_now, insert
from common.db.models.core import ConnectionRow
from common.domain.stored_words import AuthKind, ConnectionKind, ConnectionState, StateReason
from common.domain.web_addresses import root_of

PENDING = "pending_connection_id"

NEVER_CONFIRMED = (StateReason.AWAITS_CONFIRMATION, StateReason.ORGANIZATION_REPLACED)
IN_USE: dict[str, Any] = {"state": ConnectionState.ACTIVE, "state_reason": None}
HALTED = {"state": ConnectionState.HALTED, "state_reason": StateReason.ORGANIZATION_CHANGED}
AWAITS_CONFIRMATION = {"state": ConnectionState.DISABLED, "state_reason": StateReason.AWAITS_CONFIRMATION}


class ConnectionRepository:
    """Connections of one tenant; every method works inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id

    async def put_shop(
        self,
        chosen: UUID | None,
        *,
        platform: str,
        name: str,
        address: str,
        storefront: str | None,
        verified: bool,
    ) -> tuple[ConnectionRow, str | None]:
        """Use the chosen connection, or a new one, for the shop at this address.

        Returns it and the address it led to before, None for a new one.
        """
        before = None
        if chosen is None:
            row = await self._add(
                ConnectionKind.SHOP,
                platform,
                address,
                root_of(address),
                AuthKind.TOKEN,
                ConnectionState.ACTIVE,
            )
        else:
            row = await self._session.get_one(ConnectionRow, chosen, with_for_update=True)
            before = row.address
            await self._lead_to(row, address)
        shown = {} if storefront is None else {"storefront": storefront}
        asked = {"verified_at": db_now()} if verified else {}
        await self._set(row, name=name, auth=AuthKind.TOKEN, **IN_USE, **shown, **asked)
        return row, before

    async def _lead_to(self, row: ConnectionRow, address: str) -> None:
        """Lead the connection there; one of the tenant that has the address already takes the one left."""
        before, root = {"address": row.address, "root": row.root}, root_of(address)
        query = select(ConnectionRow).where(
            ConnectionRow.tenant_id == self._tenant_id,
            ConnectionRow.kind == ConnectionKind.SHOP,
            ConnectionRow.address == address,
            ConnectionRow.connection_id != row.connection_id,
        )
        other = await self._session.scalar(query.with_for_update())
        if other is not None:
            await self._set(other, address=str(other.connection_id))
        await self._set(row, address=address, root=root)
        if other is not None:
            await self._set(other, **before)

    async def put_books(
        self,
        *,
        platform: str,
        name: str,
        address: str,
        auth: AuthKind,
        config: dict[str, Any],
        verified: bool,
        by_operator: bool,
    ) -> tuple[ConnectionRow, ConnectionRow, bool]:
        """Link these books. Returns their connection, that of the tenant's line, and if the first is new.

        Both are the same unless other books are in use: those are halted then, and a person has to confirm.
        Books that come after others, now disabled, are halted themselves until then.
        """
        root = address.lower()
        others = [row for row in await self._books() if organization_place(row) != root]
        in_use = next((row for row in others if row.state != ConnectionState.DISABLED), None)
        known = next((row for row in await self._books() if organization_place(row) == root), None)
        if known is not None and known.state_reason == StateReason.RELEASED and not by_operator:
            raise ConnectionNotUsable(RELEASED_BY_OPERATOR)
        before = None if known is None else (known.state, known.state_reason, PENDING in known.config)
        row, is_new = await self._put(platform, name, address, auth, verified=verified)
        if in_use is not None:
            await self._set(row, **AWAITS_CONFIRMATION, config=config)
            waiting = {**in_use.config, PENDING: str(row.connection_id)}
            await self._set(in_use, **HALTED, config=waiting)
            return row, in_use, is_new
        confirmed = not others if before is None else _was_confirmed(*before)
        await self._set(row, **(IN_USE if confirmed else HALTED), config=config)
        return row, row, is_new

    async def confirm_organization(self, row: ConnectionRow) -> ConnectionRow:
        """Make the other organization the tenant's books from now on; raises `NothingToConfirm`."""
        if row.state != ConnectionState.HALTED:
            raise NothingToConfirm
        chosen_id = UUID(row.config.get(PENDING) or str(row.connection_id))
        chosen = None
        for books in await self._books():
            if books.connection_id == chosen_id:
                chosen = books
            else:
                await self._set(
                    books,
                    state=ConnectionState.DISABLED,
                    state_reason=StateReason.ORGANIZATION_REPLACED,
                    config=_without_pending(books.config),
                )
        if chosen is None:
            raise NothingToConfirm
        await self._set(chosen, **IN_USE)
        return chosen

    async def release(self, row: ConnectionRow) -> None:
        """Let another tenant link it; all that came over it stays known here."""
        await self._set(
            row,
            state=ConnectionState.DISABLED,
            state_reason=StateReason.RELEASED,
            config=_without_pending(row.config),
        )

    async def disable(self, row: ConnectionRow) -> None:
        """Stop reading and writing over the connection; it stays known."""
        if row.state != ConnectionState.DISABLED:
            await self._set(
                row,
                state=ConnectionState.DISABLED,
                state_reason=StateReason.DISABLED_BY_USER,
                config=_without_pending(row.config),
            )

    async def enable_shop(self, row: ConnectionRow, *, by_operator: bool) -> None:
        """Use a disabled shop again; raises when something else has to happen first."""
        if _is_to_be_enabled(row, by_operator=by_operator):
            await self._set(row, **IN_USE)

    async def enable_books(self, row: ConnectionRow, *, by_operator: bool) -> None:
        """Use disabled books again, halted when nobody confirmed them; raises while others are in use."""
        if not _is_to_be_enabled(row, by_operator=by_operator):
            return
        if any(other.state != ConnectionState.DISABLED for other in await self._books()):
            raise BooksConnectionExists
        if row.state_reason in NEVER_CONFIRMED:
            await self._set(row, **HALTED)
            return
        await self._set(row, **IN_USE)

    async def _books(self) -> list[ConnectionRow]:
        query = select(ConnectionRow).where(
            ConnectionRow.tenant_id == self._tenant_id, ConnectionRow.kind == ConnectionKind.BOOKS
        )
        return list((await self._session.scalars(query.with_for_update())).all())

    async def _put(
        self, platform: str, name: str, address: str, auth: AuthKind, *, verified: bool
    ) -> tuple[ConnectionRow, bool]:
        root = address.lower()
        row = next((row for row in await self._books() if organization_place(row) == root), None)
        is_new = row is None
        if row is None:
            row = await self._add(
                ConnectionKind.BOOKS, platform, address, root, auth, ConnectionState.DISABLED
            )
        await self._set(row, name=name, auth=auth, **({"verified_at": db_now()} if verified else {}))
        return row, is_new

    async def _add(
        self,
        kind: ConnectionKind,
        platform: str,
        address: str,
        root: str,
        auth: AuthKind,
        state: ConnectionState,
    ) -> ConnectionRow:
        statement = insert(self._session, ConnectionRow).values(
            connection_id=uuid4(),
            tenant_id=self._tenant_id,
            kind=kind,
            platform=platform,
            name="",
            address=address,
            root=root,
            auth=auth,
            config={},
            state=state,
            created_at=db_now(),
        )
        connection_id = await self._session.scalar(statement.returning(ConnectionRow.connection_id))
        return await self._session.get_one(ConnectionRow, connection_id)

    async def _set(self, row: ConnectionRow, **columns: Any) -> None:
        await self._session.execute(
            update(ConnectionRow)
            .where(
                ConnectionRow.connection_id == row.connection_id, ConnectionRow.tenant_id == self._tenant_id
            )
            .values(**columns)
            .execution_options(synchronize_session=False)
        )
        await self._session.refresh(row)


def _is_to_be_enabled(row: ConnectionRow, *, by_operator: bool) -> bool:
    """Whether the connection is out of use; raises for one that only somebody else may bring back."""
    if row.state == ConnectionState.ACTIVE:
        return False
    if row.state_reason == StateReason.RELEASED and not by_operator:
        raise ConnectionNotUsable(RELEASED_BY_OPERATOR)
    if row.state != ConnectionState.DISABLED:
        raise ConnectionNotUsable("Only a disabled connection can be enabled; this one needs something else.")
    return True


def _was_confirmed(state: str, reason: str | None, has_successor: bool) -> bool:
    if state == ConnectionState.HALTED:
        return reason != StateReason.ORGANIZATION_CHANGED or has_successor
    return reason not in NEVER_CONFIRMED


def _without_pending(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != PENDING}
