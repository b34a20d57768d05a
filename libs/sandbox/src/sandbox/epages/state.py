"""All shops and their orders: written through to the store, indexed so that polls never read everything."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.epages.models import Customer, Document, Order, Shop
from sandbox.store import Collection, Store

Entry = tuple[str, int, str]  # stamp, place in the order of arrival, order id

REMEMBERED_QUERIES = 16


@dataclass(frozen=True)
class OrderFilter:
    """What a caller of the order list asked for; stamps as the API gives them."""

    updated_from: str | None = None
    created_after: str | None = None
    created_before: str | None = None
    by_last_update: bool = False
    customer_id: str | None = None
    product_id: str | None = None
    currency: str | None = None
    flags: tuple[tuple[str, bool], ...] = ()

    def accepts(self, order: Order) -> bool:
        """Whether the order has everything that is not already decided by an index."""
        return (
            (self.customer_id is None or order.customer.customer_id == self.customer_id)
            and (self.currency is None or order.basket.currency == self.currency)
            and (self.product_id is None or self.product_id in order.products())
            and all((name in order.dates) is wanted for name, wanted in self.flags)
            and (self.created_after is None or order.created >= self.created_after)
            and (self.created_before is None or order.created <= self.created_before)
        )


class ShopState:
    """One shop with its orders; every change goes through `save` or `delete`."""

    def __init__(self, shop: Shop, shops: Collection, orders: Collection) -> None:
        self.shop = shop
        self.orders: dict[str, Order] = {}
        self.customers: dict[str, Customer] = {}
        self.version = 0
        self._shops, self._stored = shops, orders
        self._by_number: dict[str, str] = {}
        self._documents: dict[tuple[str, str], str] = {}
        self._updated: list[Entry] = []
        self._created: list[Entry] = []
        self._places: dict[str, tuple[Entry, Entry]] = {}
        self._revisions: dict[str, int] = {}
        self._answers: OrderedDict[OrderFilter, tuple[int, list[str]]] = OrderedDict()

    def save(self, order: Order) -> None:
        """Keep the order as it is now, and the shop's counters."""
        self.adopt(order)
        self._shops.put(self.shop.key, self.shop.model_dump(mode="json"))
        self._stored.put(order.order_id, {"shop_key": self.shop.key, **order.model_dump(mode="json")})

    def adopt(self, order: Order) -> None:
        """Index an order that is already stored."""
        self._unindex(order.order_id)
        created = (order.created, order.seq, order.order_id)
        updated = (order.updated, order.seq, order.order_id)
        insort(self._created, created)
        insort(self._updated, updated)
        self._places[order.order_id] = (created, updated)
        self.orders[order.order_id] = order
        self._by_number[order.number] = order.order_id
        self.customers.setdefault(order.customer.customer_id, order.customer)
        for document in order.documents:
            if document.number is not None:
                self._documents[document.type, document.number] = order.order_id
        self.version += 1
        self._revisions[order.order_id] = self.version

    def delete(self, order: Order) -> None:
        """Forget the order and its documents."""
        self._unindex(order.order_id)
        self.orders.pop(order.order_id)
        self._by_number.pop(order.number, None)
        self._documents = {key: value for key, value in self._documents.items() if value != order.order_id}
        self._stored.delete(order.order_id)
        self.version += 1

    def revision(self, order: Order) -> int:
        """Another number after every change of the order."""
        return self._revisions[order.order_id]

    def find_order(self, reference: str) -> Order | None:
        """The order with this id or number."""
        return self.orders.get(self._by_number.get(reference, reference))

    def find_document(self, document_type: str, number: str) -> tuple[Order, Document] | None:
        """The newest document of this type and number, with its order."""
        order = self.orders.get(self._documents.get((document_type, number), ""))
        if order is None:
            return None
        for document in reversed(order.documents):
            if (document.type, document.number) == (document_type, number):
                return order, document
        return None

    def query(self, wanted: OrderFilter) -> list[str]:
        """Ids of the orders that fit: newest first, by creation or by last update."""
        known = self._answers.get(wanted)
        if known is not None and known[0] == self.version:
            return known[1]
        ids = [order_id for _, _, order_id in self._sorted(wanted) if wanted.accepts(self.orders[order_id])]
        self._answers[wanted] = (self.version, ids)
        self._answers.move_to_end(wanted)
        while len(self._answers) > REMEMBERED_QUERIES:
            self._answers.popitem(last=False)
        return ids

    def _sorted(self, wanted: OrderFilter) -> Iterable[Entry]:
        if wanted.updated_from is None:
            return reversed(self._updated if wanted.by_last_update else self._created)
        hits = self._updated[bisect_left(self._updated, (wanted.updated_from, -1, "")) :]
        if wanted.by_last_update:
            return reversed(hits)
        return sorted((self._places[order_id][0] for _, _, order_id in hits), reverse=True)

    def _unindex(self, order_id: str) -> None:
        places = self._places.pop(order_id, None)
        if places is None:
            return
        for index, entry in ((self._created, places[0]), (self._updated, places[1])):
            del index[bisect_left(index, entry)]


class World:
    """Every shop by host and id; what it holds survives a restart."""

    def __init__(self, store: Store) -> None:
        self._shops = store.collection("shops")
        self._orders = store.collection("orders")
        self.shops: dict[str, ShopState] = {}
        self._tokens: dict[str, str] = {}
        self._valid: dict[str, str] = {}
        self.load()

    def load(self) -> None:
        """Take over what the store holds, in place of everything in memory."""
        self.shops, self._tokens, self._valid = {}, {}, {}
        for stored in self._shops.values():
            self.add(Shop.model_validate(stored))
        for stored in self._orders.values():
            self.shops[stored["shop_key"]].adopt(Order.model_validate(stored))

    def add(self, shop: Shop) -> ShopState:
        """Let a new shop exist."""
        self.shops[shop.key] = ShopState(shop, self._shops, self._orders)
        self.save(shop)
        return self.shops[shop.key]

    def save(self, shop: Shop) -> None:
        """Keep the shop as it is now; its newest token alone is good."""
        valid = self._valid.pop(shop.key, None)
        if valid is not None and valid != shop.access_token:
            self._tokens.pop(valid, None)
        if shop.access_token is not None:
            self._tokens[shop.access_token], self._valid[shop.key] = shop.key, shop.access_token
        self._shops.put(shop.key, shop.model_dump(mode="json"))

    def find(self, host: str, shop_id: str) -> ShopState | None:
        """The shop a request to this host and path is for."""
        for claimed in (host, host.partition(":")[0], "*"):
            if (state := self.shops.get(f"{claimed}/{shop_id}")) is not None:
                return state
        return None

    def shop_of_token(self, token: str) -> str | None:
        """The key of the shop the token was given for."""
        return self._tokens.get(token)
