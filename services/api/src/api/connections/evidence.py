"""Evidence that two connections lead to one shop: its address, an order in common, its storefront."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.connections.judging import Because, Match
from api.connections.places import shop_place
from common.db.models.core import ConnectionRow
from common.db.models.ingest import OrderRow
from common.domain.stored_words import ConnectionKind, ConnectionState, StateReason
from common.domain.web_addresses import NoWebAddress, authority_of, loopback_roots

GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")  # the platform's, so never by chance
GUID_LENGTH = 36

HasToken = Callable[[AsyncSession, ConnectionRow], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A shop about to be linked: where it is, what it says of itself, and some of its orders.

    `proven` are connections known already to have an order in common with it; `answers` tells of which
    connections the shop still answers at their own address, and one nobody asked counts as answering.
    `has_orders`: it has some, though none is named here.
    """

    tenant_id: UUID
    root: str
    storefront: str | None = None
    orders: frozenset[str] = frozenset()
    proven: frozenset[UUID] = frozenset()
    answers: Mapping[UUID, bool] = field(default_factory=dict)
    has_orders: bool = False

    @property
    def is_at_home(self) -> bool:
        """Whether it is asked at the host it names as its storefront's."""
        return is_at_home(self.root, self.storefront)


def is_at_home(root: str, storefront: str | None) -> bool:
    """Whether an API root lies at the host that its shop names as its storefront's."""
    return storefront is not None and _host(root) == _host(storefront)


def guids(order_ids: Collection[str]) -> frozenset[str]:
    """Those that only the platform can have given."""
    return frozenset(order_id for order_id in order_ids if GUID.fullmatch(order_id))


async def find_matches(session: AsyncSession, newcomer: Newcomer, has_token: HasToken) -> list[Match]:
    """Find the connections of all tenants that lead to the newcomer's shop, each with its strongest evidence.

    `has_token` tells whether a connection holds the newcomer's token.
    """
    found: dict[UUID, tuple[ConnectionRow, Because]] = {}
    for row in await _at_same_place(session, newcomer.root, has_token):
        found.setdefault(row.connection_id, (row, Because.SAME_ADDRESS))
    for row in await _with_orders(session, newcomer):
        found.setdefault(row.connection_id, (row, Because.SAME_ORDERS))
    for row in await _with_storefront(session, newcomer):
        found.setdefault(row.connection_id, (row, Because.SAME_STOREFRONT))
    return [_match(row, because, newcomer) for row, because in found.values()]


async def find_matches_of(
    session: AsyncSession, row: ConnectionRow, has_token: HasToken
) -> tuple[Newcomer, list[Match]]:
    """Find the other connections that lead to the shop of this one, by what is stored about all of them."""
    mine, other = aliased(OrderRow), aliased(OrderRow)
    shared = (
        select(other.connection_id)
        .join(mine, mine.order_id == other.order_id)
        .where(
            mine.connection_id == row.connection_id,
            other.connection_id != row.connection_id,
            func.length(mine.order_id) == GUID_LENGTH,
        )
    )
    its_own = select(exists().where(OrderRow.connection_id == row.connection_id))
    newcomer = Newcomer(
        tenant_id=row.tenant_id,
        root=shop_place(row),
        storefront=row.storefront,
        proven=frozenset((await session.scalars(shared.distinct())).all()),
        has_orders=bool(await session.scalar(its_own)),
    )
    matches = await find_matches(session, newcomer, has_token)
    return newcomer, [match for match in matches if match.connection_id != row.connection_id]


async def _at_same_place(session: AsyncSession, root: str, has_token: HasToken) -> Sequence[ConnectionRow]:
    names = {root} | loopback_roots(root)
    query = select(ConnectionRow).where(
        ConnectionRow.kind == ConnectionKind.SHOP,
        or_(ConnectionRow.root.in_(names), ConnectionRow.root.is_(None)),
    )
    rows = [(shop_place(row), row) for row in (await session.scalars(query)).all()]
    # One machine may serve two shops under two of its own names; with one token it is one shop.
    return [row for at, row in rows if at == root or (at in names and await has_token(session, row))]


async def _with_orders(session: AsyncSession, newcomer: Newcomer) -> Sequence[ConnectionRow]:
    if not newcomer.orders and not newcomer.proven:
        return ()
    known = select(OrderRow.connection_id).where(OrderRow.order_id.in_(sorted(newcomer.orders)))
    query = select(ConnectionRow).where(
        ConnectionRow.kind == ConnectionKind.SHOP,
        or_(
            ConnectionRow.connection_id.in_(known.distinct()),
            ConnectionRow.connection_id.in_(sorted(newcomer.proven)),
        ),
    )
    return (await session.scalars(query)).all()


async def _with_storefront(session: AsyncSession, newcomer: Newcomer) -> Sequence[ConnectionRow]:
    """Find shops of the same name; two with orders on both sides and none in common are two."""
    if newcomer.storefront is None:
        return ()
    query = select(ConnectionRow).where(
        ConnectionRow.kind == ConnectionKind.SHOP, ConnectionRow.storefront == newcomer.storefront
    )
    if newcomer.orders or newcomer.has_orders:
        query = query.where(~exists().where(OrderRow.connection_id == ConnectionRow.connection_id))
    return (await session.scalars(query)).all()


def _match(row: ConnectionRow, because: Because, newcomer: Newcomer) -> Match:
    return Match(
        connection_id=row.connection_id,
        because=because,
        is_ours=row.tenant_id == newcomer.tenant_id,
        is_in_use=row.state != ConnectionState.DISABLED,
        is_released=row.state_reason == StateReason.RELEASED,
        is_at_home=row.storefront is None or is_at_home(shop_place(row), row.storefront),
        answers=newcomer.answers.get(row.connection_id, True),
        is_spelled_alike=row.address.partition("://")[2] == newcomer.root,
        since=row.created_at,
    )


def _host(place: str) -> str:
    try:
        return authority_of(f"https://{re.split('[/?]', place, maxsplit=1)[0]}")
    except NoWebAddress:
        return place
