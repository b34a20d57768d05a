"""The shop simulator put together: its routes, its gate, its webhooks and its demo shop."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, ClassVar

from sandbox.base import Simulator
from sandbox.clock import Clock
from sandbox.epages.api.answers import error
from sandbox.epages.api.gate import Gate, Quota
from sandbox.epages.api.orders import OrderApi
from sandbox.epages.api.patch import PatchApi
from sandbox.epages.api.shop import ShopApi, TokenApi
from sandbox.epages.api.webhooks import WebhookApi
from sandbox.epages.control.app import AppControl
from sandbox.epages.control.calls import ControlApi
from sandbox.epages.control.overview import shop_overview
from sandbox.epages.demo import DEMO_KEY, DEMO_SHOP, DemoPlayer
from sandbox.epages.platform import Platform
from sandbox.epages.plays import EPAGES_PLAYS
from sandbox.epages.state import World
from sandbox.epages.switches import EpagesSwitches
from sandbox.epages.webhooks import Webhooks
from sandbox.faults import Faults
from sandbox.http import Answer, Call
from sandbox.misbehaviour import Play
from sandbox.resource import ApiRoute, Resource
from sandbox.store import Store


class EpagesSimulator(Simulator[EpagesSwitches]):
    """Many shops of the classic platform behind one address."""

    name: ClassVar[str] = "epages"
    plays: ClassVar[Mapping[str, Play]] = EPAGES_PLAYS
    switches_type: ClassVar[type[EpagesSwitches]] = EpagesSwitches

    def __init__(self, settings: EpagesSwitches, store: Store, clock: Clock, faults: Faults) -> None:
        self.world = World(store)
        self.webhooks = Webhooks(store, self.world, clock, lambda: self.switches)
        self.platform = Platform(
            self.world, self.webhooks, clock, lambda: self.base_url, lambda: self.switches.tax_free_lines
        )
        self._quota = Quota(clock)
        self._gate = Gate(self.world, self._quota, lambda: self.switches)
        super().__init__(settings, store, clock, faults)

    def build_resources(self) -> Sequence[Resource]:
        """The shop API by its parts, and what tests and people do to the shops."""
        orders = OrderApi(self.clock.now)
        control = ControlApi(self.platform, orders.forget)
        return [
            orders,
            PatchApi(self.platform.merchant, orders.get_order),
            ShopApi(),
            TokenApi(self.platform.install),
            WebhookApi(self.webhooks, lambda: self.switches),
            control,
            AppControl(self.platform, control.find_shop, self.spawn),
        ]

    def routes(self) -> list[ApiRoute]:
        """All endpoints of the shop API; every other path of a shop is not found."""

        def not_found(call: Call) -> Answer:
            return error(call, 404, "Resource not found")

        methods = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), not_found)
        return [*super().routes(), ApiRoute("/rs/shops/{shop_id}/{rest:path}", methods)]

    def gatekeep(self, call: Call, route: ApiRoute) -> Answer | None:
        """Shop, headers, token and quota."""
        refusal = self._gate.admit(call, is_open=route.is_open)
        if call.notes.get("rate_limited"):
            self.counters.rate_limited += 1
        return refusal

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """An error in the platform's own words."""
        return error(call, status)

    async def answer(self, call: Call, route: ApiRoute) -> Answer:
        """Answer with the rate-limit headers every answer carries."""
        answer = await super().answer(call, route)
        if answer.status == 0:
            return answer
        headers = (*answer.headers, *self._gate.quota_headers(call))
        return Answer(answer.status, answer.body, answer.content_type, headers)

    def state(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Shops with their orders and documents; `shop` narrows, `brief=true` gives counts only."""
        brief = query.get("brief") == "true"
        wanted = [
            state
            for state in self.world.shops.values()
            if query.get("shop", state.shop.key) in (state.shop.key, state.shop.shop_id)
        ]
        return {
            "shops": [shop_overview(self.platform, state, brief=brief) for state in wanted],
            "webhooks": [webhook.model_dump(mode="json") for webhook in self.webhooks.all()],
            "pending_deliveries": len(self.webhooks.pending()),
            "deliveries": list(self.webhooks.attempts),
        }

    def directory_entry(self, base_url: str) -> dict[str, Any]:
        """The demo shop's API root and credentials."""
        shop = self.world.shops[DEMO_KEY].shop
        return {
            "base_url": f"{base_url}/rs/shops/{shop.shop_id}",
            "shop_id": shop.shop_id,
            "access_token": shop.access_token,
            "client_id": shop.client_id,
            "client_secret": shop.client_secret,
            "control_url": f"{base_url}/_control",
        }

    def demo(self, rate_per_minute: float) -> Coroutine[Any, Any, None]:
        """The demo shop sells."""
        return DemoPlayer(self.platform, self.store.flush, rate_per_minute, self.clock).run()

    def seed(self) -> None:
        """The demo shop, without orders."""
        self.platform.create_shop(DEMO_SHOP)

    def is_empty(self) -> bool:
        """Whether there is no shop yet."""
        return not self.world.shops

    def forget(self) -> None:
        """Nothing is known but what the store holds."""
        self.world.load()
        self.webhooks.forget()
        self._quota.forget()
        self.spawn(self.webhooks.run())

    async def startup(self) -> None:
        """Make the platform ready to answer and to deliver."""
        await super().startup()
        self.spawn(self.webhooks.run())

    def _no_such_method(self, call: Call) -> Answer:
        return error(call, 405)
