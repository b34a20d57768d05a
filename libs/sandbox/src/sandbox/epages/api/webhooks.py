"""Registration of webhooks through the shop API; a shop without the feature answers 404."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlsplit

import orjson

from sandbox.epages.api.answers import refusal, resource
from sandbox.epages.api.gate import ROOT, caller_of
from sandbox.epages.api.orders import at_home
from sandbox.epages.documents.render import ORIGIN
from sandbox.epages.models import EVENT_TYPES, Webhook
from sandbox.epages.switches import EpagesSwitches
from sandbox.epages.webhooks import Webhooks
from sandbox.http import Answer, Call
from sandbox.resource import ApiRoute, Resource

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


class WebhookApi(Resource):
    """One event type per registration."""

    def __init__(self, webhooks: Webhooks, switches: Callable[[], EpagesSwitches]) -> None:
        self._webhooks, self._switches = webhooks, switches

    def routes(self) -> Sequence[ApiRoute]:
        """All registrations and one."""
        one = {"GET": self.get, "POST": self.set_active, "DELETE": self.delete}
        return [
            ApiRoute(f"{ROOT}/webhooks", {"POST": self.create}),
            ApiRoute(f"{ROOT}/webhooks/{{webhook_id}}", one),
        ]

    def create(self, call: Call) -> Answer:
        """A new registration, active unless asked otherwise."""
        self._check_offered(call)
        try:
            asked = orjson.loads(call.body)
        except orjson.JSONDecodeError as malformed:
            raise refusal(call, 400, "The body is no JSON.") from malformed
        if not isinstance(asked, dict):
            raise refusal(call, 400, "The body must be an object.")
        event_type = str(asked.get("eventType")).replace("ORDERS_", "ORDER_")
        if event_type not in EVENT_TYPES:
            raise refusal(call, 400, "eventType is unknown.")
        url = asked.get("callbackUrl")
        if not isinstance(url, str) or not _allowed(url):
            raise refusal(call, 400, "callbackUrl must be an https address.")
        shop, active = caller_of(call).state.shop, asked.get("active", True) is not False
        return _shown(call, self._webhooks.register(shop, event_type, url, active=active), 201)

    def get(self, call: Call) -> Answer:
        """One registration."""
        return _shown(call, self._find(call))

    def set_active(self, call: Call) -> Answer:
        """The registration switched on or off by a form."""
        webhook = self._find(call)
        active = dict(parse_qsl(call.body.decode("latin-1"))).get("active")
        if active not in ("true", "false"):
            raise refusal(call, 400, "active must be true or false.")
        return _shown(call, self._webhooks.set_active(webhook, active == "true"))

    def delete(self, call: Call) -> Answer:
        """No registration any more."""
        self._webhooks.delete(self._find(call))
        return Answer(204, b"", None)

    def _find(self, call: Call) -> Webhook:
        self._check_offered(call)
        webhook = self._webhooks.find(caller_of(call).state.shop, call.params["webhook_id"])
        if webhook is None:
            raise refusal(call, 404, "Webhook not found")
        return webhook

    def _check_offered(self, call: Call) -> None:
        if not (self._switches().webhooks and caller_of(call).state.shop.webhooks_enabled):
            raise refusal(call, 404, "Not Found")


def _allowed(url: str) -> bool:
    parts = urlsplit(url)
    # Receivers on this machine have no certificate; everywhere else the platform insists on one.
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)


def _shown(call: Call, webhook: Webhook, status: int = 200) -> Answer:
    root = f"{ORIGIN}/rs/shops/{caller_of(call).state.shop.shop_id}/webhooks"
    shown = {
        "webhookId": webhook.webhook_id,
        "active": webhook.active,
        "eventType": webhook.event_type,
        "callbackUrl": webhook.callback_url,
        "createdOn": webhook.created,
        "updatedOn": webhook.updated,
        "links": [{"rel": "self", "href": f"{root}/{webhook.webhook_id}"}],
    }
    return at_home(call, resource(shown, status))
