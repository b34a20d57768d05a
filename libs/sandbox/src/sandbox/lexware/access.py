"""Who may reach which organization: API keys, OAuth connections, their tokens and scopes."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence

import orjson

from sandbox.lexware.books import Books, new_id
from sandbox.lexware.values import berlin_moment
from sandbox.store import Document

NOT_SIMULATED = frozenset(
    {  # scopes the vendor has whose resources are not here
        "finance.delete",
        "finance.read",
        "finance.write",
        "transaction-assignment-hint.write",
    }
)

_SIGNING_KEY = b"the sandbox signs its tokens with a key anybody may know"


class Access:
    """Makes, finds and ends connections; one OAuth connection has exactly one token of each kind."""

    def __init__(self, books: Books) -> None:
        self._books, self._scopes = books, NOT_SIMULATED

    @property
    def scopes(self) -> list[str]:
        """All scopes a connection can have."""
        return sorted(self._scopes)

    def offer(self, scopes: Iterable[str]) -> None:
        """Let connections be given these scopes too."""
        self._scopes |= frozenset(scopes)

    def find(self, token: str) -> Document | None:
        """Return the connection behind a key or access token that is still good, or None."""
        bearer = self._books.bearers.get(token)
        if bearer is None or bearer["kind"] == "refresh":
            return None
        if bearer["endsAt"] is not None and bearer["endsAt"] <= time.time():
            return None
        return self._books.connections.get(bearer["connectionId"])

    def connect(self, organization_id: str, client_id: str | None, scopes: Sequence[str]) -> Document:
        """Return a new connection of an organization, still without any token."""
        organization = self._books.organization(organization_id)
        connection: Document = {
            "id": new_id(),
            "organizationId": organization_id,
            "clientId": client_id,
            "scopes": sorted(scopes),
            "accessToken": None,
            "refreshToken": None,
            "apiKey": None,
            "created": {
                "userId": new_id(),
                "userName": organization["userName"],
                "userEmail": organization["userEmail"],
                "date": berlin_moment(),
            },
        }
        self._books.connections.put(connection["id"], connection)
        return connection

    def add_api_key(self, connection: Document, key: str | None = None) -> str:
        """Give a connection an API key that never ends by itself."""
        api_key = key or secrets.token_urlsafe(36)
        self._books.connections.put(connection["id"], {**connection, "apiKey": api_key})
        self._bear(api_key, connection, "key", None)
        return api_key

    def rotate(self, connection: Document) -> Document:
        """Replace both tokens of a connection; the old ones are worthless at once."""
        for old in (connection["accessToken"], connection["refreshToken"]):
            self._books.bearers.delete(old or "")
        ends_at = time.time() + self._books.switches.access_token_lifetime
        access_token, refresh_token = _jwt(connection, ends_at), secrets.token_urlsafe(96)
        renewed = {**connection, "accessToken": access_token, "refreshToken": refresh_token}
        self._books.connections.put(connection["id"], renewed)
        self._bear(access_token, connection, "access", ends_at)
        self._bear(refresh_token, connection, "refresh", None)
        return renewed

    def refreshable(self, refresh_token: str) -> Document | None:
        """Return the connection whose current refresh token this is, or None."""
        bearer = self._books.bearers.get(refresh_token)
        if bearer is None or bearer["kind"] != "refresh":
            return None
        return self._books.connections.get(bearer["connectionId"])

    def invalidate_access_token(self, connection: Document) -> None:
        """End the access token early, as a change of password does; the refresh token stays good."""
        self._books.bearers.delete(connection["accessToken"] or "")
        self._books.connections.put(connection["id"], {**connection, "accessToken": None})

    def revoke(self, connection: Document) -> None:
        """End a connection with all its tokens."""
        for token in (connection["accessToken"], connection["refreshToken"], connection["apiKey"]):
            self._books.bearers.delete(token or "")
        self._books.connections.delete(connection["id"])

    def connection_of(self, token: str) -> Document | None:
        """Return the connection of any kind of token or of a connection id, or None."""
        bearer = self._books.bearers.get(token)
        connection_id = token if bearer is None else bearer["connectionId"]
        return self._books.connections.get(connection_id)

    def tokens(self, connection: Document) -> Document:
        """Return the token answer of a connection."""
        return {
            "access_token": connection["accessToken"],
            "token_type": "Bearer",
            "expires_in": int(self._books.switches.access_token_lifetime),
            "refresh_token": connection["refreshToken"],
            "scope": "read write",
        }

    def _bear(self, token: str, connection: Document, kind: str, ends_at: float | None) -> None:
        bearer = {"connectionId": connection["id"], "kind": kind, "endsAt": ends_at}
        self._books.bearers.put(token, bearer)


def _jwt(connection: Document, ends_at: float) -> str:
    header = _base64url(orjson.dumps({"alg": "HS256", "typ": "JWT"}))
    claims = {
        "sub": connection["id"],
        "organizationId": connection["organizationId"],
        "exp": int(ends_at),
        "jti": new_id(),
    }
    signed = f"{header}.{_base64url(orjson.dumps(claims))}"
    return f"{signed}.{_base64url(hmac.digest(_SIGNING_KEY, signed.encode(), hashlib.sha256))}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
