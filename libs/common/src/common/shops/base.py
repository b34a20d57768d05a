"""What ingest needs from any shop: pages of orders, one order, its finalised documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
ItemT_co = TypeVar("ItemT_co", covariant=True)
ShopT_co = TypeVar("ShopT_co", covariant=True)
OrderT_co = TypeVar("OrderT_co", covariant=True)
DocumentT_co = TypeVar("DocumentT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Quota:
    """What the shop said about further calls; None where it said nothing."""

    remaining: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Read(Generic[ItemT_co]):
    """One item with the very bytes it was sent as; one read alone also with the clock of the shop."""

    value: ItemT_co
    raw: bytes
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that does not have the form agreed on, with its bytes and what is wrong with it."""

    raw: bytes
    problem: str


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT_co]):
    """Part of a list; `total` counts the whole list, `server_time` is the shop's clock at the answer."""

    total: int
    items: tuple[Read[ItemT_co], ...]
    unreadable: tuple[Unreadable, ...] = ()
    server_time: datetime | None = None

    def __len__(self) -> int:
        return len(self.items) + len(self.unreadable)


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders to list: updated since, or placed within a frame of at most a year."""

    updated_from: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


class ShopClient(Protocol[ShopT_co, OrderT_co, DocumentT_co]):
    """One shop for the length of one piece of work; counts its calls."""

    calls: int
    quota: Quota

    async def shop_info(self) -> ShopT_co:
        """Ask for the shop itself, the cheapest proof that address and token are good."""

    async def orders(self, query: OrderQuery, page: int) -> Page[OrderT_co]:
        """Fetch one page of orders without their lines."""

    async def order(self, order_id: str) -> Read[OrderT_co]:
        """Fetch one order as it is now."""

    async def documents(self, order_id: str) -> Page[DocumentT_co]:
        """Fetch all finalised documents of an order, without their files."""

    async def documents_with_files(self, order_id: str) -> Page[DocumentT_co]:
        """Fetch all finalised documents of an order, each with its file when there is one."""


def total_pages(page: Page[T], size: int) -> int:
    """How many pages of this size the list has; at least one."""
    return max(1, -(-page.total // size))


def join(pages: Sequence[Page[T]]) -> Page[T]:
    """Several pages of one list as one."""
    return Page(
        total=pages[-1].total,
        items=tuple(item for page in pages for item in page.items),
        unreadable=tuple(item for page in pages for item in page.unreadable),
        server_time=pages[0].server_time,
    )
