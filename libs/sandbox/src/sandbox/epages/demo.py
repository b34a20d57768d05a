"""The demo shop's life: customers order, the merchant issues invoices and now and then a credit note."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from sandbox.clock import Clock
from sandbox.epages.catalog import UNTAXED
from sandbox.epages.merchant import Impossible, Merchant
from sandbox.epages.models import Document, Order
from sandbox.epages.platform import Platform, shop_key
from sandbox.epages.specs import DocumentSpec, FinaliseSpec, LineSpec, OrderSpec, PickSpec, ShopSpec
from sandbox.epages.state import ShopState

DEMO_SHOP = ShopSpec(shop_id="DemoShop", name="Küste & Kruste", einvoices="zugferd")
DEMO_KEY = shop_key(None, DEMO_SHOP.shop_id)

OPENING_DOCUMENTS = 3
OPENING_GAP = 1.0  # sandbox seconds
PARKED_EVERY = 12
CREDIT_EVERY = 9
LATE_PDF_EVERY = 15
LATE_PDF_SECONDS = 45.0
ELSEWHERE = ("AT", "CH", "untaxed")


class DemoPlayer:
    """Keeps the demo shop busy at a steady rate; a restart goes on where it stopped."""

    def __init__(
        self, platform: Platform, done: Callable[[], None], rate_per_minute: float, clock: Clock
    ) -> None:
        self._platform, self._done, self._rate, self._clock = platform, done, rate_per_minute, clock

    async def run(self) -> None:
        """Issue documents until cancelled; a few at once in the beginning, none at rate 0."""
        if self._rate <= 0:
            return
        gap = 60 / self._rate
        for _ in range(OPENING_DOCUMENTS):
            self.step()
            await self._clock.sleep(min(gap, OPENING_GAP))
        while True:
            self.step()
            await self._clock.sleep(gap)

    def step(self) -> Document:
        """Finalise one more document in the demo shop."""
        state = self._platform.world.shops[DEMO_KEY]
        merchant = self._platform.merchant(state)
        place = state.shop.counters["demo"] = state.shop.counters.get("demo", 0) + 1
        document = self._credit(state, merchant, place) if place % CREDIT_EVERY == 0 else None
        if document is None:
            order = merchant.place(order_for(place))
            late = place % LATE_PDF_EVERY == 0
            pdf = FinaliseSpec(pdf="late" if late else "ok", pdf_seconds=LATE_PDF_SECONDS)
            document = merchant.finalise(order, pdf)
        self._done()
        return document

    def _credit(self, state: ShopState, merchant: Merchant, place: int) -> Document | None:
        random = Random(f"credit/{place}")
        recent = list(state.orders.values())[-20:]
        candidates = [order for order in recent if [one.type for one in order.finalised()] == ["Invoice"]]
        if not candidates:
            return None
        order = random.choice(candidates)
        try:
            return merchant.credit(order, _partly(order) if random.random() < 0.5 else DocumentSpec())
        except Impossible:
            return None


def order_for(place: int) -> OrderSpec:
    """The order of this place in the demo; every twelfth is one the books cannot take by themselves."""
    random = Random(f"demo/{place}")
    spec = OrderSpec(shipping_split=random.random() < 0.5, paid=random.random() < 0.8)
    if place % PARKED_EVERY == 0:
        return _elsewhere(spec, ELSEWHERE[place // PARKED_EVERY % len(ELSEWHERE)])
    match random.randint(1, 10):
        case 1:
            spec.coupon = Decimal(5)
            spec.lines = _enough(random)
        case 2:
            spec.discount, spec.lines = Decimal("3.50"), _enough(random)
        case 3:
            spec.fee, spec.payment = Decimal("2.00"), "Nachnahme"
        case _:
            pass
    return spec


def _elsewhere(spec: OrderSpec, kind: str) -> OrderSpec:
    if kind == "untaxed":
        seat = LineSpec(sku=UNTAXED.sku, name=UNTAXED.name, price=UNTAXED.gross, rate=UNTAXED.rate)
        return spec.model_copy(update={"lines": [seat], "shipping_method": None})
    return spec.model_copy(update={"billing": {"country": kind}})


def _enough(random: Random) -> list[LineSpec]:
    return [
        LineSpec(sku="KE-114", name="Teekanne Gusseisen 1,2 l", price=Decimal("49.95"), rate=Decimal(19)),
        LineSpec(
            sku="KA-001",
            name="Röstkaffee Hausmischung 500 g",
            price=Decimal("11.49"),
            rate=Decimal(7),
            quantity=Decimal(random.randint(1, 4)),
        ),
    ]


def _partly(order: Order) -> DocumentSpec:
    return DocumentSpec(lines=[PickSpec(index=0, quantity=min(Decimal(1), order.basket.lines[0].quantity))])
