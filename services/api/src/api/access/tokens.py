"""API tokens: made once, shown once, kept as a hash."""

import hashlib
import secrets
from uuid import UUID

from pydantic import SecretStr

PREFIX = "sbk"
SECRET_BYTES = 32


def new_token(token_id: UUID) -> SecretStr:
    """A fresh token `sbk_<id>_<secret>`."""
    return SecretStr(f"{PREFIX}_{token_id.hex}_{secrets.token_urlsafe(SECRET_BYTES)}")


def hash_token(token: SecretStr) -> str:
    """What is stored and looked up: looking for a hash tells nothing about the token through its timing."""
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()
