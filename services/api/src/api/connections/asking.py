"""Asks shops what they are before one is linked: the new address, and those of connections it may replace.

An order id of another tenant is never shown to an address that is being linked: whoever sees one could
claim the shop.
"""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.connections.evidence import HasToken, Newcomer, find_matches, guids
from api.connections.judging import Because, Match
from api.deps import Deps
from api.problems import (
    AddressRefused,
    Problem,
)
from api.upstream import HostUnknown, checked_address
from common.db.models.core import ConnectionRow
from common.db.models.ingest import OrderRow
from common.db.secrets import Secrets
from common.domain.stored_words import ConnectionKind, ConnectionState
from common.domain.web_addresses import root_of

ACCESS_TOKEN = "access_token"
MOST_ASKED = 20
ORDERS_ASKED = 3


@dataclass(frozen=True, slots=True)
class Linked:
    """A connection that may lead to the same shop, with what is needed to ask about it."""

    connection_id: UUID
    address: str
    token: SecretStr | None
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopQuestions:
    """What is asked about the shop at one address with one token, for one tenant."""

    deps: Deps
    tenant_id: UUID
    address: str
    token: SecretStr

    async def newcomer(self) -> Newcomer:
        """Ask the shop, then whatever the connections known call for; raises the problem to answer with."""
        shown = await self.deps.checks.shop(self.address, self.token)
        newcomer = Newcomer(self.tenant_id, root_of(self.address), shown.storefront, guids(shown.orders))
        async with self.deps.db.reading.of_all_tenants() as session:
            matches = await self._matches(session, newcomer)
            if any(_is_own_place(match) for match in matches):
                return newcomer
            unmatched = await self._unmatched(session, matches)
        newcomer = replace(newcomer, proven=await self._proven(newcomer, unmatched))
        async with self.deps.db.reading.of_all_tenants() as session:
            matches = await self._matches(session, newcomer)
            linked = [await self._linked(session, match.connection_id) for match in _to_ask(matches)]
        answers = await asyncio.gather(*(self._still_answers(one) for one in linked))
        told = {one.connection_id: answer for one, answer in zip(linked, answers, strict=True)}
        return replace(newcomer, answers=told)

    async def _matches(self, session: AsyncSession, newcomer: Newcomer) -> list[Match]:
        return await find_matches(session, newcomer, has_token(self.deps.secrets, self.token))

    async def _unmatched(self, session: AsyncSession, matches: Sequence[Match]) -> list[Linked]:
        """Find the tenant's other shops: whether one of them is this shop is asked on both sides."""
        query = (
            select(ConnectionRow.connection_id)
            .where(
                ConnectionRow.tenant_id == self.tenant_id,
                ConnectionRow.kind == ConnectionKind.SHOP,
                ConnectionRow.connection_id.not_in([match.connection_id for match in matches]),
            )
            .order_by((ConnectionRow.state == ConnectionState.DISABLED), ConnectionRow.created_at.desc())
            .limit(MOST_ASKED)
        )
        return [await self._linked(session, one) for one in (await session.scalars(query)).all()]

    async def _linked(self, session: AsyncSession, connection_id: UUID) -> Linked:
        row = await session.get_one(ConnectionRow, connection_id)
        newest = (
            select(OrderRow.order_id)
            .where(OrderRow.connection_id == connection_id)
            .order_by(OrderRow.seen_at.desc())
            .limit(ORDERS_ASKED)
        )
        orders = guids((await session.scalars(newest)).all())
        secrets = self.deps.secrets.of(row.tenant_id, row.connection_id)
        token = await secrets.find_readable(session, ACCESS_TOKEN)
        return Linked(connection_id, row.address, token, tuple(orders))

    async def _proven(self, newcomer: Newcomer, unmatched: Sequence[Linked]) -> frozenset[UUID]:
        found = await asyncio.gather(*(self._shares_order(newcomer, one) for one in unmatched))
        return frozenset(one.connection_id for one, shares in zip(unmatched, found, strict=True) if shares)

    async def _shares_order(self, newcomer: Newcomer, linked: Linked) -> bool:
        if linked.orders:
            return await self.deps.checks.knows_order(self.address, self.token, linked.orders)
        if not newcomer.orders or linked.token is None:
            return False
        try:  # nothing was read over it yet
            address = await checked_address(linked.address, self.deps.settings.hosts)
            shown = await self.deps.checks.shop(address, linked.token)
        except Problem:
            return False
        return not newcomer.orders.isdisjoint(shown.orders)

    async def _still_answers(self, linked: Linked) -> bool:
        if linked.token is None:
            return True
        try:
            address = await checked_address(linked.address, self.deps.settings.hosts)
        except HostUnknown:
            return False
        except AddressRefused:
            return True
        return await self.deps.checks.still_answers(address, linked.token)


def has_token(secrets: Secrets, token: SecretStr | None) -> HasToken:
    """Make the question whether a connection holds this very token."""

    async def holds(session: AsyncSession, row: ConnectionRow) -> bool:
        stored = await secrets.of(row.tenant_id, row.connection_id).find_readable(session, ACCESS_TOKEN)
        if stored is None or token is None:
            return False
        return hmac.compare_digest(stored.get_secret_value().encode(), token.get_secret_value().encode())

    return holds


def _is_own_place(match: Match) -> bool:
    return match.is_ours and match.is_in_use and match.because is Because.SAME_ADDRESS


def _to_ask(matches: Sequence[Match]) -> list[Match]:
    """Connections whose own address decides: what an address leads to needs no second look."""
    wanted = [match for match in matches if match.is_ours or match.is_in_use]
    return [match for match in wanted if match.because is not Because.SAME_ADDRESS]
