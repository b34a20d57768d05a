"""The app's side in the control API: the installation as a browser sees it, and webhooks fired by hand."""

from collections.abc import Callable, Coroutine, Sequence
from html import escape
from typing import Any

import httpx
from pydantic import Field

from sandbox.control import ControlRefused
from sandbox.epages.control.calls import Fields, carried_out, parse
from sandbox.epages.models import EVENT_TYPES, Order, Shop
from sandbox.epages.platform import Platform
from sandbox.epages.signatures import sign_webhook
from sandbox.epages.specs import Spec
from sandbox.epages.state import ShopState
from sandbox.epages.values import guid
from sandbox.http import Answer, Call
from sandbox.resource import ControlRoute, Resource

Spawn = Callable[[Coroutine[Any, Any, None]], None]
FindShop = Callable[[str], ShopState]


class InstallSpec(Spec):
    """With `follow` the simulator plays the merchant's browser and calls the app itself."""

    shop: str = "DemoShop"
    callback_url: str
    follow: bool = False


class FireSpec(Spec):
    """A notification by hand; `url` makes a registration unnecessary, `body` replaces the whole text."""

    shop: str = "DemoShop"
    orders: tuple[str, ...] = ()
    event: str = "ORDER_UPDATE"
    url: str | None = None
    copies: int = Field(1, ge=1, le=100)
    bad_signature: bool = False
    out_of_order: bool = False
    created: str | None = None
    body: str | None = None


class AppControl(Resource):
    """Installation and notifications."""

    def __init__(self, platform: Platform, find_shop: FindShop, spawn: Spawn) -> None:
        self._platform, self._find_shop, self._spawn = platform, find_shop, spawn

    def control_routes(self) -> Sequence[ControlRoute]:
        """Notifications by hand, the installation, and the page a merchant comes back to."""
        install = {"GET": self.install_in_browser, "POST": carried_out(self.install)}
        return [
            ControlRoute("/_control/webhooks/fire", {"POST": carried_out(self.fire)}),
            ControlRoute("/_control/install", install),
            ControlRoute("/epages/{rest:path}", {"GET": self.administration}),
        ]

    def install(self, fields: Fields) -> Fields:
        """The address the browser is sent to; the shop has no token until the app fetches one."""
        spec = parse(InstallSpec, fields)
        shop = self._find_shop(spec.shop).shop
        redirect = self._platform.begin_install(shop, spec.callback_url)
        if spec.follow:
            self._spawn(self._browse(redirect))
        return {"shop": shop.key, "code": shop.pending_code, "redirect_url": redirect}

    def install_in_browser(self, call: Call) -> Answer:
        """A redirect to the app, for a person who opens this address."""
        redirect = self.install({"shop": "DemoShop", **call.query})["redirect_url"]
        return Answer(302, b"", None, ((b"location", redirect.encode()),))

    def administration(self, call: Call) -> Answer:
        """The page the merchant comes back to: it shows whether the app has fetched its token."""
        shop_id = call.path.split("/")[2].partition(".")[0]
        shop = self._find_shop(shop_id).shop
        button = "Install" if shop.access_token is None else "Open app"
        page = f"<!DOCTYPE html><title>{escape(shop.name)}</title><h1>Apps</h1><button>{button}</button>"
        return Answer(200, page.encode(), b"text/html;charset=utf-8")

    def fire(self, fields: Fields) -> Fields:
        """Send now, without line and retries; the answers appear in the state's `deliveries`."""
        spec = parse(FireSpec, fields)
        state = self._find_shop(spec.shop)
        shop = state.shop
        if spec.event not in EVENT_TYPES:
            raise ControlRefused(f"unknown event {spec.event}", events=EVENT_TYPES)
        orders: list[Order | None] = [self._order(state, reference) for reference in spec.orders] or [None]
        sent = [(url, body) for order in orders for url, body in self._notices(shop, spec, order)]
        if not sent:
            raise ControlRefused("no active webhook is registered for this event and no `url` is given")
        if spec.out_of_order:
            sent.reverse()
        secret = "not the client secret" if spec.bad_signature else shop.client_secret
        self._spawn(self._send(secret, [one for one in sent for _ in range(spec.copies)]))
        return {"sent": len(sent) * spec.copies, "bodies": [body.decode() for _, body in sent]}

    def _notices(self, shop: Shop, spec: FireSpec, order: Order | None) -> list[tuple[str, bytes]]:
        if spec.url is not None:
            targets = [(guid(shop.key, "webhook", 0), spec.url)]
        else:
            registered = self._platform.webhooks.of_shop(shop)
            wanted = [one for one in registered if one.active and one.event_type == spec.event]
            targets = [(one.webhook_id, one.callback_url) for one in wanted]
        if spec.body is not None:
            return [(url, spec.body.encode()) for _, url in targets]
        notice = self._platform.notice
        return [(url, notice(shop, webhook, spec.event, order, spec.created)) for webhook, url in targets]

    def _order(self, state: ShopState, reference: str) -> Order:
        order = state.find_order(reference)
        if order is None:
            raise ControlRefused(f"the shop has no order {reference!r}", status=404)
        return order

    async def _send(self, secret: str, notices: list[tuple[str, bytes]]) -> None:
        webhooks = self._platform.webhooks
        async with httpx.AsyncClient(trust_env=False) as http:
            for url, body in notices:
                status = await webhooks.send(http, url, body, sign_webhook(secret, body))
                webhooks.record(url, status, body, by_hand=True)

    async def _browse(self, url: str) -> None:
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=30) as http:
            try:
                status = (await http.get(url, headers={"User-Agent": "Browser"})).status_code
            except httpx.HTTPError:
                status = 0
        self._platform.webhooks.record(url.partition("?")[0], status, b"", by_hand=True)
