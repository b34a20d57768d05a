"""Signatures of the platform, and what a webhook says: a hint to look at one order, never more."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import SecretStr

from common.domain.web_addresses import NoWebAddress, one_spelling
from common.shops.epages.answers import ORDER_ID, NotJson, read_json

SIGNATURE_HEADER = "X-Epages-Hmac-Sha256"
READ_ORDER = frozenset({"ORDER_CREATE", "ORDER_UPDATE"})


class MalformedHint(ValueError):
    """A well-signed body that is no notification."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a notification is about; `order_id` is None when there is no order of this shop to read."""

    event_type: str
    order_id: str | None
    delivery_key: str

    def command_id(self, connection_id: UUID) -> UUID:
        """The same for every delivery of the same notification."""
        return uuid5(NAMESPACE_URL, f"epages-webhook:{connection_id}:{self.delivery_key}")


def webhook_signature(secret: SecretStr, body: bytes) -> str:
    """Base64 HMAC-SHA256 over the raw body."""
    return _sign(secret, body)


def install_signature(secret: SecretStr, code: str, access_token_url: str) -> str:
    """Base64 HMAC-SHA256 over `code:access_token_url`, both URL-decoded."""
    return _sign(secret, f"{code}:{access_token_url}".encode())


def is_signed(secret: SecretStr, body: bytes, signature: str) -> bool:
    """Whether the signature is the shop's, compared in constant time; white space at its end is dropped."""
    return hmac.compare_digest(webhook_signature(secret, body).encode(), signature.rstrip().encode())


def read_hint(body: bytes, api_url: str) -> Hint:
    """The notification in a body whose signature was checked; raises `MalformedHint`."""
    try:
        data = read_json(body)
    except NotJson:
        raise MalformedHint("no JSON") from None
    if not isinstance(data, dict):
        raise MalformedHint("no object")
    fields = {name: data.get(name) for name in ("id", "entityUrl", "eventType", "createdOn")}
    if not isinstance(fields["eventType"], str) or not isinstance(fields["entityUrl"], str | None):
        raise MalformedHint("eventType or entityUrl missing")
    event_type = fields["eventType"].strip().upper().replace("ORDERS_", "ORDER_")
    order_id = _order_id(fields["entityUrl"], api_url) if event_type in READ_ORDER else None
    key = hashlib.sha256("\n".join(str(value) for value in fields.values()).encode("utf-8", "replace"))
    return Hint(event_type, order_id, key.hexdigest())


def _order_id(entity_url: Any, api_url: str) -> str | None:
    """The last part of the address, and only when the address lies under the connection's own root."""
    root, _, order_id = entity_url.rpartition("/orders/") if isinstance(entity_url, str) else ("", "", "")
    is_below = _spelled(root) == _spelled(api_url) and ORDER_ID.fullmatch(order_id) is not None
    return order_id if is_below else None


def _spelled(url: str) -> str:
    try:
        return one_spelling(url)
    except NoWebAddress:
        return url


def _sign(secret: SecretStr, message: bytes) -> str:
    digest = hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
