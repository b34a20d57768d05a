"""The shop simulator put together: its routes, its gate, its webhooks and its demo shop."""

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.routing import BaseRoute, Route

from sandbox.base import Endpoint, Simulator
from sandbox.clock import Clock
from sandbox.epages.api.answers import error
from sandbox.epages.api.gate import Gate, Quota, scoped
from sandbox.epages.api.orders import OrderApi
from sandbox.epages.api.patch import PatchApi
from sandbox.epages.api.shop import ShopApi, TokenApi
from sandbox.epages.api.webhooks import WebhookApi
from sandbox.epages.control.app import AppControl
from sandbox.epages.control.calls import ControlApi, carried_out
from sandbox.epages.control.overview import shop_overview
from sandbox.epages.platform import Platform, shop_key
from sandbox.epages.plays import EPAGES_PLAYS
from sandbox.epages.specs import ShopSpec
from sandbox.epages.state import World
from sandbox.epages.switches import EpagesSwitches
from sandbox.epages.webhooks import Webhooks
from sandbox.faults import Faults
from sandbox.http import Answer, Call, Handler
from sandbox.misbehaviour import Play
from sandbox.store import Store

DEMO_SHOP = ShopSpec(shop_id="DemoShop", name="Küste & Kruste", einvoices="zugferd")
DEMO_KEY = shop_key(None, DEMO_SHOP.shop_id)
ROOT = "/rs/shops/{shop_id}"


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
        self._orders = OrderApi(clock.now)
        super().__init__(settings, store, clock, faults)

    def routes(self) -> list[BaseRoute]:
        """All endpoints of the shop API."""
        return [
            *self._order_routes(),
            *self._shop_routes(),
            *self._webhook_routes(),
            *self._fallback_routes(),
        ]

    def control_routes(self) -> list[BaseRoute]:
        """Everything a test or demo can make happen."""
        control = ControlApi(self.platform, self._orders.forget)
        app = AppControl(self.platform, control.find_shop, self.spawn)
        actions = {**control.actions(), "webhooks/fire": app.fire}
        routes: list[BaseRoute] = [
            self.control(f"/_control/{path}", POST=carried_out(action, self._done))
            for path, action in actions.items()
        ]
        install = carried_out(app.install, self._done)
        return [
            *routes,
            self.control("/_control/install", GET=app.install_in_browser, POST=install),
            self.control("/epages/{rest:path}", GET=app.administration),
        ]

    def gatekeep(self, call: Call) -> Answer | None:
        """Shop, headers, token and quota."""
        refusal = self._gate.admit(call)
        if call.notes.get("rate_limited"):
            self.counters.rate_limited += 1
        return refusal

    def gateway_answer(self, status: int, call: Call) -> Answer:
        """An error in the platform's own words."""
        return error(call, status)

    async def answer(self, call: Call, handler: Handler | None) -> Answer:
        """The answer with the rate-limit headers every answer carries."""
        answer = await super().answer(call, handler)
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
        self._orders.forget()
        self._quota.forget()
        self.spawn(self.webhooks.run())

    async def startup(self) -> None:
        """Ready to answer and to deliver."""
        await super().startup()
        self.spawn(self.webhooks.run())

    def _order_routes(self) -> list[BaseRoute]:
        orders, patches = self._orders, PatchApi(self.platform.merchant, self._orders.get_order)
        read = "orders_read"
        return [
            self.route(f"{ROOT}/orders", GET=scoped(read, orders.list_orders)),
            self.route(
                f"{ROOT}/orders/{{order_id}}",
                GET=scoped(read, orders.get_order),
                PATCH=scoped("orders_write", patches.patch_order),
            ),
            self.route(f"{ROOT}/orders/{{order_id}}/documents", GET=scoped(read, orders.list_documents)),
            self.route(f"{ROOT}/sales", GET=scoped(read, orders.get_sales)),
        ]

    def _shop_routes(self) -> list[BaseRoute]:
        shop, read = ShopApi(), "products_read"
        return [
            self.route(ROOT, GET=scoped(read, shop.get_info)),
            Route(f"{ROOT}/", Endpoint(self, ROOT, {"GET": scoped(read, shop.get_info)})),
            self.route(f"{ROOT}/token", POST=TokenApi(self.platform.install).exchange),
            self.route(f"{ROOT}/tax-model", GET=scoped(read, shop.get_tax_model)),
            self.route(f"{ROOT}/tax-classes", GET=scoped(read, shop.list_tax_classes)),
            self.route(f"{ROOT}/tax-classes/{{tax_class_id}}", GET=scoped(read, shop.get_tax_class)),
            self.route(f"{ROOT}/currencies", GET=scoped(read, shop.get_currencies)),
            self.route(f"{ROOT}/locales", GET=scoped(read, shop.get_locales)),
            self.route(f"{ROOT}/countries", GET=shop.list_countries),
            self.route(f"{ROOT}/legal", GET=scoped("legal_read", shop.get_legal)),
            self.route(
                f"{ROOT}/legal/contact-information", GET=scoped("legal_read", shop.get_contact_information)
            ),
            self.route(f"{ROOT}/shipping-methods", GET=scoped(read, shop.list_shipping_methods)),
            self.route(f"{ROOT}/shipping-methods/{{method_id}}", GET=scoped(read, shop.get_shipping_method)),
            self.route(f"{ROOT}/customers", GET=scoped("customers_read", shop.list_customers)),
            self.route(f"{ROOT}/customers/{{customer_id}}", GET=scoped("customers_read", shop.get_customer)),
        ]

    def _webhook_routes(self) -> list[BaseRoute]:
        api = WebhookApi(self.webhooks, lambda: self.switches)
        one = self.route(
            f"{ROOT}/webhooks/{{webhook_id}}", GET=api.get, POST=api.set_active, DELETE=api.delete
        )
        return [self.route(f"{ROOT}/webhooks", POST=api.create), one]

    def _fallback_routes(self) -> list[BaseRoute]:
        def not_found(call: Call) -> Answer:
            return error(call, 404, "Resource not found")

        methods = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), not_found)
        return [self.route("/rs/shops/{shop_id}/{rest:path}", **methods)]

    def _no_such_method(self, call: Call) -> Answer:
        return error(call, 405)

    def _done(self) -> None:
        self.store.flush()
