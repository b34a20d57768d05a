"""How connections are made and ended without their users."""

from sandbox.control import ControlRefused, control_object
from sandbox.http import Answer, Call, json_answer
from sandbox.lexware.access import Access
from sandbox.lexware.books import Books, new_id
from sandbox.lexware.demo_data import DEMO_CLIENT
from sandbox.lexware.orders import take_organization
from sandbox.resource import ControlRoute
from sandbox.store import Document


class ConnectionControl:
    """Orders about keys, clients and tokens."""

    def __init__(self, books: Books, access: Access) -> None:
        self._books, self._access = books, access

    def routes(self) -> list[ControlRoute]:
        """Return the paths of the orders."""
        return [
            ControlRoute("/_control/api-keys", {"POST": self.add_api_key}),
            ControlRoute("/_control/oauth-clients", {"POST": self.add_client}),
            ControlRoute("/_control/oauth-grants", {"POST": self.add_grant}),
            ControlRoute("/_control/revoke", {"POST": self.revoke}),
            ControlRoute("/_control/expire-access-token", {"POST": self.expire_access_token}),
        ]

    def new_key(self, organization_id: str, order: Document) -> Document:
        """Make an API key as the order describes it."""
        connection = self._access.connect(organization_id, None, order.get("scopes", self._access.scopes))
        api_key = self._access.add_api_key(connection, order.get("api_key"))
        return {"connection_id": connection["id"], "api_key": api_key}

    def new_grant(self, organization_id: str, order: Document) -> Document:
        """Make an OAuth connection as if a user had just consented."""
        client_id = str(order.get("client_id") or DEMO_CLIENT)
        client = self._books.clients.get(client_id)
        if client is None:
            raise ControlRefused("no such OAuth client", status=404)
        connection = self._access.connect(
            organization_id, client_id, order.get("scopes", self._access.scopes)
        )
        tokens = self._access.tokens(self._access.rotate(connection))
        secrets = {"client_id": client_id, "client_secret": client["secret"]}
        return {"connection_id": connection["id"], **secrets, **tokens}

    def add_api_key(self, call: Call) -> Answer:
        """Make another API key of an organization; `scopes` narrow it."""
        order = control_object(call)
        return json_answer(201, self.new_key(take_organization(self._books, order), order))

    def add_client(self, call: Call) -> Answer:
        """Register an OAuth client, or change the one of this `client_id`."""
        order = control_object(call)
        client_id = str(order.get("client_id") or new_id())
        known = self._books.clients.get(client_id) or {
            "id": client_id,
            "secret": f"secret-{new_id()}",
            "redirectUris": [],
            "scopes": self._access.scopes,
            "active": True,
        }
        names = {"client_secret": "secret", "redirect_uris": "redirectUris", "active": "active"}
        changes = {names[key]: value for key, value in order.items() if key in names}
        client = {**known, **changes}
        self._books.clients.put(client_id, client)
        result = {"client_id": client_id, "client_secret": client["secret"]}
        return json_answer(
            201, {**result, "redirect_uris": client["redirectUris"], "active": client["active"]}
        )

    def add_grant(self, call: Call) -> Answer:
        """Make an OAuth connection as if a user had just consented."""
        order = control_object(call)
        return json_answer(201, self.new_grant(take_organization(self._books, order), order))

    def revoke(self, call: Call) -> Answer:
        """End the connection of a `token` (of any kind) or connection id for good."""
        connection = self._connection(call)
        self._access.revoke(connection)
        return json_answer(200, {"revoked": connection["id"]})

    def expire_access_token(self, call: Call) -> Answer:
        """End an access token before its time; its connection can still refresh."""
        connection = self._connection(call)
        self._access.invalidate_access_token(connection)
        return json_answer(200, {"expired": connection["id"]})

    def _connection(self, call: Call) -> Document:
        order = control_object(call)
        names = ("token", "api_key", "access_token", "refresh_token", "connection_id")
        token = next((str(order[name]) for name in names if name in order), "")
        connection = self._access.connection_of(token)
        if connection is None:
            raise ControlRefused("no such token or connection", status=404, known=list(names))
        return connection
