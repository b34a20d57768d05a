"""The platform behind all shops: creates them, installs the app in them, tells receivers what happened."""

from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlencode

import orjson

from sandbox.clock import Clock
from sandbox.epages.documents.render import ORIGIN, Renderer
from sandbox.epages.merchant import Merchant
from sandbox.epages.models import CONNECTOR_SCOPES, Order, Shop
from sandbox.epages.signatures import sign_install
from sandbox.epages.specs import ShopSpec
from sandbox.epages.state import ShopState, World
from sandbox.epages.values import to_json
from sandbox.epages.webhooks import Webhooks


class Platform:
    """All that happens to shops outside the shop API itself."""

    def __init__(
        self,
        world: World,
        webhooks: Webhooks,
        clock: Clock,
        base_url: Callable[[], str],
        tax_free_lines: Callable[[], str] = lambda: "gross",
    ) -> None:
        self.world, self.webhooks, self.clock, self._base_url = world, webhooks, clock, base_url
        self._tax_free_lines = tax_free_lines

    def create_shop(self, spec: ShopSpec) -> Shop:
        """A new shop; with `installed` the app has its token already."""
        host = self._host_with_port(spec)
        key = shop_key(host, spec.shop_id)
        given = spec.model_dump(exclude={"installed", "host", "tax_model", "client_id", "client_secret"})
        given |= {"name": spec.name or spec.shop_id, "scopes": spec.scopes or list(CONNECTOR_SCOPES)}
        shop = Shop(
            **given,
            key=key,
            host=host,
            tax_model="NET" if spec.tax_model.upper() == "NET" else "GROSS",
            client_id=spec.client_id or _secret("client-id", key)[:24],
            client_secret=spec.client_secret or _secret("client-secret", key),
            access_token=None,
        )
        self.world.add(shop)
        if spec.installed:
            self.install(shop)
        return shop

    def has_shop(self, spec: ShopSpec) -> bool:
        """Whether there is a shop of this id on this host."""
        return shop_key(self._host_with_port(spec), spec.shop_id) in self.world.shops

    def install(self, shop: Shop) -> str:
        """The app's new token for the shop; an older one is no longer good."""
        generation = shop.counters["token"] = shop.counters.get("token", 0) + 1
        shop.access_token, shop.pending_code = _secret("access-token", shop.key, generation), None
        self.world.save(shop)
        return shop.access_token

    def begin_install(self, shop: Shop, callback_url: str) -> str:
        """Where the merchant's browser is sent with a code; the token there was is deleted first."""
        generation = shop.counters["code"] = shop.counters.get("code", 0) + 1
        code = _secret("code", shop.key, generation)
        shop.access_token, shop.pending_code = None, code
        self.world.save(shop)
        api_url = self.api_url(shop)
        token_url = f"{api_url}/token"
        origin = api_url.split("/rs/shops/")[0]
        parameters = {
            "code": code,
            "signature": sign_install(shop.client_secret, code, token_url),
            "return_url": f"{origin}/epages/{shop.shop_id}.admin/?ObjectID=1&ViewAction=Apps",
            "api_url": api_url,
            "access_token_url": token_url,
        }
        return f"{callback_url}{'&' if '?' in callback_url else '?'}{urlencode(parameters)}"

    def uninstall(self, shop: Shop) -> None:
        """The app is gone; registered webhooks hear of it."""
        self.announce(shop, "APP_UNINSTALL", None)
        self.revoke(shop)

    def revoke(self, shop: Shop) -> None:
        """The app's token is no longer good, and nobody is told."""
        shop.access_token = shop.pending_code = None
        self.world.save(shop)

    def merchant(self, state: ShopState) -> Merchant:
        """Someone who acts in this shop."""
        return Merchant(state, self.clock, self.announce, self._tax_free_lines())

    def api_url(self, shop: Shop) -> str:
        """The API root of the shop, by which a merchant is known."""
        origin = self._base_url() if shop.host is None else f"{shop.scheme}://{shop.host}"
        return f"{origin}/rs/shops/{shop.shop_id}"

    def announce(self, shop: Shop, event_type: str, order: Order | None) -> None:
        """Tell every registered receiver; nobody hears from a shop without the app."""
        if shop.access_token is not None:
            self.webhooks.notify(
                shop, event_type, lambda webhook: self.notice(shop, webhook, event_type, order)
            )

    def notice(
        self, shop: Shop, webhook_id: str, event_type: str, order: Order | None, created: str | None = None
    ) -> bytes:
        """The body of a notification; the entity is empty unless the shop sends whole orders."""
        api_url = self.api_url(shop)
        entity: object = {}
        if order is not None and shop.webhook_full_entity and event_type != "ORDER_DELETE":
            origin = api_url.split("/rs/shops/")[0]
            rendered = to_json(Renderer(shop).order(order))
            entity = orjson.Fragment(rendered.replace(ORIGIN.encode(), origin.encode()))
        body = {
            "id": webhook_id,
            "baseUrl": api_url,
            "entityUrl": api_url if order is None else f"{api_url}/orders/{order.order_id}",
            "createdOn": created or self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventType": event_type,
            "entity": entity,
        }
        return orjson.dumps(body)

    def _host_with_port(self, spec: ShopSpec) -> str | None:
        host = spec.host
        if host is None or ":" in host or spec.scheme == "https":
            return host
        port = self._base_url().rpartition(":")[2]
        return f"{host}:{port}" if port.isdigit() else host


def shop_key(host: str | None, shop_id: str) -> str:
    """What tells shops apart: their host and id."""
    return f"{host or '*'}/{shop_id}"


def _secret(*parts: object) -> str:
    # The same shop gets the same secrets after a reset, so that clients need not be told new ones.
    return sha256("/".join(str(part) for part in parts).encode()).hexdigest()[:32]
