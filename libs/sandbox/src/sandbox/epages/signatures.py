"""The two signatures of the platform: of an installation callback and of a webhook delivery."""

import hmac
from base64 import b64encode
from hashlib import sha256

WEBHOOK_HEADER = "X-Epages-Hmac-Sha256"


def sign_install(client_secret: str, code: str, access_token_url: str) -> str:
    """Base64 HMAC-SHA256 over `code:access_token_url`, both as they are before URL encoding."""
    return _sign(client_secret, f"{code}:{access_token_url}".encode())


def sign_webhook(client_secret: str, body: bytes) -> str:
    """Base64 HMAC-SHA256 over the raw body."""
    return _sign(client_secret, body)


def _sign(secret: str, message: bytes) -> str:
    return b64encode(hmac.new(secret.encode(), message, sha256).digest()).decode()
