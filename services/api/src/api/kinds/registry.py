"""The kinds of connections there are; another one is a file and its line here."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.kinds.books import BooksKind
from api.kinds.kind import Kind, Standing
from api.kinds.shop import ShopKind
from api.schemas.connections import BooksConnectionCreate, ConnectionRead, ShopConnectionCreate
from common.db.models.core import ConnectionRow
from common.domain.stored_words import ConnectionKind

KINDS: Mapping[str, Kind[Any, Any]] = MappingProxyType(
    {ConnectionKind.SHOP: ShopKind(), ConnectionKind.BOOKS: BooksKind()}
)


def kind_of(linked: ConnectionRow | ShopConnectionCreate | BooksConnectionCreate) -> Kind[Any, Any]:
    """Find what answers for the kind of this connection, or of one that is wanted."""
    return KINDS[linked.kind]


async def standings(session: AsyncSession, rows: Sequence[ConnectionRow]) -> list[Standing]:
    """Read how these connections stand, in the same order."""
    found: dict[Any, Standing] = {}
    for name, kind in KINDS.items():
        alike = [row for row in rows if row.kind == name]
        of_kind = await kind.standings(session, alike) if alike else []
        found.update((standing.row.connection_id, standing) for standing in of_kind)
    return [found[row.connection_id] for row in rows]


async def connection_read(session: AsyncSession, row: ConnectionRow) -> ConnectionRead:
    """Read one connection as it is shown."""
    [standing] = await standings(session, [row])
    return standing.read()
