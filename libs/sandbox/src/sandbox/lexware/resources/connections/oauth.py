"""The authorization server: authorize with PKCE and a user who consents at once, token, revoke."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, unquote_plus, urlencode

from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.lexware.access import Access
from sandbox.lexware.books import Books, those_of
from sandbox.lexware.demo_data import DEMO_ORGANIZATION
from sandbox.lexware.ratelimit import RateLimit
from sandbox.lexware.resources.connections.control import ConnectionControl
from sandbox.resource import ApiRoute, ControlRoute, Resource, StatePart
from sandbox.store import Document

_CONNECTION_NAME = re.compile(r"[A-Za-zÄÖÜäöüß\d\s/?.\-{}\"_\\:=,()]*")


def refusal(error: str) -> Refused:
    """Return an error of the token endpoint."""
    return Refused(json_answer(400, {"error": error}))


class Connections(Resource):
    """`/oauth2/*` of the web application, and the connections that come of it."""

    def __init__(self, books: Books, access: Access, limit: RateLimit) -> None:
        self._books, self._access, self._limit = books, access, limit
        self._control = ConnectionControl(books, access)

    def routes(self) -> Sequence[ApiRoute]:
        """Return the endpoints of the authorization server."""
        return [
            ApiRoute("/oauth2/authorize", {"GET": self.authorize}, is_open=True),
            ApiRoute("/oauth2/token", {"POST": self.token}, is_open=True),
            ApiRoute("/oauth2/revoke", {"POST": self.revoke}, is_open=True),
        ]

    def control_routes(self) -> Sequence[ControlRoute]:
        """Return the orders about keys, clients and tokens."""
        return self._control.routes()

    def state(self, query: Mapping[str, str]) -> Mapping[str, StatePart]:
        """Return the connections with what was seen of each."""
        return {
            "connections": lambda: [
                {**one, **self._limit.observed(one["id"])}
                for one in those_of(query, self._books.connections.values())
            ]
        }

    def authorize(self, call: Call) -> Answer:
        """Send the user back with a code, or with the reason why there is none."""
        query = call.query
        client = self._books.clients.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is None or redirect_uri not in client["redirectUris"]:
            return Answer(400, b"<h1>Ung\xc3\xbcltige Anfrage</h1>", b"text/html;charset=utf-8")
        outcome = self._decide(query, client)
        if "state" in query:
            outcome["state"] = query["state"]
        separator = "&" if "?" in redirect_uri else "?"
        location = f"{redirect_uri}{separator}{urlencode(outcome)}"
        return Answer(302, b"", None, ((b"location", location.encode()),))

    def token(self, call: Call) -> Answer:
        """Exchange a code or a refresh token for a fresh pair of tokens."""
        client = self._client(call)
        form = form_of(call)
        match form.get("grant_type"):
            case "authorization_code":
                connection = self._redeem(form, client)
            case "refresh_token":
                connection = self._refresh(form, client)
            case None:
                raise refusal("invalid_request")
            case _:
                raise refusal("unsupported_grant_type")
        return json_answer(200, self._access.tokens(self._access.rotate(connection)))

    def revoke(self, call: Call) -> Answer:
        """End what the token stands for; an unknown token is none to be ended."""
        client = self._client(call)
        form = form_of(call)
        if "token" not in form:
            raise refusal("invalid_request")
        connection = self._access.connection_of(form["token"])
        if connection is not None and connection["clientId"] == client["id"]:
            if form["token"] == connection["accessToken"]:
                self._access.invalidate_access_token(connection)
            else:
                self._access.revoke(connection)
        return Answer(200, b"", None)

    def _decide(self, query: dict[str, str], client: Document) -> dict[str, str]:
        scopes = query.get("scope", "").split() or client["scopes"]
        if query.get("response_type") != "code":
            return {"error": "unsupported_response_type"}
        if not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
            return {"error": "invalid_request", "error_description": "PKCE with S256 is required"}
        if not set(scopes) <= set(client["scopes"]):
            return {"error": "invalid_scope"}
        if not _CONNECTION_NAME.fullmatch(query.get("connection_name", "")):
            return {"error": "invalid_request", "error_description": "connection_name"}
        if not self._books.switches.consent:
            return {"error": "access_denied"}
        code = secrets.token_urlsafe(96)
        organization_id = self._books.switches.consent_organization or DEMO_ORGANIZATION
        document = {
            "clientId": client["id"],
            "redirectUri": query["redirect_uri"],
            "challenge": query["code_challenge"],
            "scopes": scopes,
            "organizationId": organization_id,
            "endsAt": time.time() + self._books.switches.code_lifetime,
            "used": False,
            "connectionId": None,
        }
        self._books.codes.put(code, document)
        return {"code": code}

    def _redeem(self, form: dict[str, str], client: Document) -> Document:
        if not all(form.get(name) for name in ("code", "redirect_uri", "code_verifier")):
            raise refusal("invalid_request")
        code = self._books.codes.get(form["code"])
        if code is None or code["clientId"] != client["id"]:
            raise refusal("invalid_grant")
        self._books.codes.put(form["code"], {**code, "used": True})  # a wrong try consumes the code too
        if code["used"]:
            stolen = self._books.connections.get(code["connectionId"] or "")
            if stolen is not None:
                self._access.revoke(stolen)
            raise refusal("invalid_grant")
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = hmac.compare_digest(challenge.encode(), code["challenge"].encode())
        in_time = code["endsAt"] > time.time()
        if not fits or not in_time or form["redirect_uri"] != code["redirectUri"]:
            raise refusal("invalid_grant")
        connection = self._access.connect(code["organizationId"], client["id"], code["scopes"])
        self._books.codes.put(form["code"], {**code, "used": True, "connectionId": connection["id"]})
        return connection

    def _refresh(self, form: dict[str, str], client: Document) -> Document:
        if not form.get("refresh_token"):
            raise refusal("invalid_request")
        connection = self._access.refreshable(form["refresh_token"])
        if connection is None or connection["clientId"] != client["id"]:
            raise refusal("invalid_grant")
        return connection

    def _client(self, call: Call) -> Document:
        scheme, _, encoded = call.header("authorization").partition(" ")
        try:
            decoded = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as unreadable:
            raise refusal("invalid_client") from unreadable
        name, _, secret = decoded.partition(":")
        client = self._books.clients.get(unquote_plus(name))
        if client is None or scheme.lower() != "basic":
            raise refusal("invalid_client")
        if not hmac.compare_digest(unquote_plus(secret).encode(), client["secret"].encode()):
            raise refusal("invalid_client")
        if not client["active"]:
            raise refusal("unauthorized_client")
        return client


def form_of(call: Call) -> dict[str, str]:
    """Return the fields of a form body, or refuse another kind of body."""
    if call.header("content-type").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise refusal("invalid_request")
    return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
