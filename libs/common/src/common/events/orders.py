"""Facts about orders."""

from typing import ClassVar

from common.domain.documents import OrderSnapshot, order_key
from common.events import topics
from common.events.base import Event


class _OrderFact(Event):
    topic: ClassVar = topics.SHOP_ORDERS

    order: OrderSnapshot
    version: int

    @property
    def ordering_key(self) -> str:
        return order_key(self.connection_id, self.order.order_id)

    @property
    def fact(self) -> str:
        return f"{self.connection_id}:{self.order.order_id}:{self.version}"


class OrderSeen(_OrderFact):
    """An order was read from the shop for the first time."""

    type: ClassVar = "shop.order.seen.v1"


class OrderChanged(_OrderFact):
    """A known order was read again and differs; payment data included."""

    type: ClassVar = "shop.order.changed.v1"
