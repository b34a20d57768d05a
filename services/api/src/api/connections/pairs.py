"""Pairs of connections in use that lead to one shop or one organization: they go on, and a person is told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.connections.evidence import GUID_LENGTH
from api.connections.places import organization_place, shop_place
from common.db.alarms import Alarm
from common.db.models.core import ConnectionRow
from common.db.models.ingest import OrderRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import ConnectionKind, ConnectionState

SAME_ORGANIZATION = "same_organization"
KINDS = (AlarmKind.SHOP_LINKED_TWICE, AlarmKind.ORGANIZATION_LINKED_TWICE)
Ids = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two connections in use that lead to one place, the one made first before the other."""

    first: ConnectionRow
    second: ConnectionRow
    because: str

    def alarms(self) -> list[Alarm]:
        """Name both to operators, and to each tenant its own; a mere claim is told to operators only."""
        both = (self.first, self.second)
        is_of_books = self.because == SAME_ORGANIZATION
        kind = AlarmKind.ORGANIZATION_LINKED_TWICE if is_of_books else AlarmKind.SHOP_LINKED_TWICE
        told = [Alarm(kind, _subject(both), self._evidence(both))]
        if self.because != "same_storefront":
            for tenant_id in dict.fromkeys(row.tenant_id for row in both):
                own = [row for row in both if row.tenant_id == tenant_id]
                told.append(Alarm(kind, _subject(own), self._evidence(own), tenant_id))
        return told

    def _evidence(self, rows: Iterable[ConnectionRow]) -> dict[str, Any]:
        named = [{"tenant_id": str(row.tenant_id), "connection_id": str(row.connection_id)} for row in rows]
        return {"connections": named, "because": self.because}


async def find_pairs(session: AsyncSession) -> list[Pair]:
    """Find every pair in use, with its strongest evidence."""
    shops, books = await _in_use(session, ConnectionKind.SHOP), await _in_use(session, ConnectionKind.BOOKS)
    by_id = {row.connection_id: row for row in (*shops, *books)}
    found: dict[Ids, Pair] = {}
    for because, pairs in (
        (SAME_ORGANIZATION, _alike(books, organization_place)),
        ("same_address", _alike(shops, shop_place)),
        ("same_orders", await _with_common_orders(session, shops)),
        ("same_storefront", await _claimed(session, _alike(shops, lambda row: row.storefront))),
    ):
        for first, second in pairs:
            found.setdefault((first, second), Pair(by_id[first], by_id[second], because))
    return list(found.values())


async def _in_use(session: AsyncSession, kind: str) -> Sequence[ConnectionRow]:
    in_use = select(ConnectionRow).where(
        ConnectionRow.kind == kind, ConnectionRow.state != ConnectionState.DISABLED
    )
    rows = (await session.scalars(in_use)).all()
    return sorted(rows, key=lambda row: (row.created_at, row.connection_id))


def _alike(rows: Iterable[ConnectionRow], place: Callable[[ConnectionRow], str | None]) -> list[Ids]:
    groups: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        at = place(row)
        if at is not None:
            groups[at].append(row.connection_id)
    return [pair for group in groups.values() for pair in combinations(group, 2)]


async def _with_common_orders(session: AsyncSession, shops: Sequence[ConnectionRow]) -> list[Ids]:
    """Pair shops by orders, which the index on their ids answers without touching a row."""
    if len(shops) < 2:
        return []
    place = {row.connection_id: number for number, row in enumerate(shops)}
    one, other = aliased(OrderRow), aliased(OrderRow)
    query = (
        select(one.connection_id, other.connection_id)
        .join(other, (other.order_id == one.order_id) & (other.connection_id > one.connection_id))
        .where(func.length(one.order_id) == GUID_LENGTH)
        .distinct()
    )
    found = [(first, second) for first, second in (await session.execute(query)).all()]
    known = [pair for pair in found if pair[0] in place and pair[1] in place]
    return [(first, second) if place[first] < place[second] else (second, first) for first, second in known]


async def _claimed(session: AsyncSession, pairs: Sequence[Ids]) -> list[Ids]:
    """Leave out shops with orders on both sides and none in common: they are two, whatever they say."""
    ids = {connection_id for pair in pairs for connection_id in pair}
    query = select(OrderRow.connection_id).where(OrderRow.connection_id.in_(sorted(ids))).distinct()
    with_orders = set((await session.scalars(query)).all()) if ids else set()
    return [pair for pair in pairs if not with_orders.issuperset(pair)]


def _subject(rows: Sequence[ConnectionRow]) -> str:
    return ":".join(str(row.connection_id) for row in rows)
