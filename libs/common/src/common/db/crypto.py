"""AES-GCM for secrets at rest, bound to tenant, connection if any, and field, with the id of the key used."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from common.errors import TransientError

NONCE_BYTES = 12
KEY_BYTES = 32
KEY_ID_LENGTH = 8


class SecretUnreadable(TransientError):
    """A stored secret cannot be opened: its key is gone or it was moved to another place.

    Our own trouble, never the merchant's: what needs the secret waits until the key is there.
    """

    code = "connector.secret_unreadable"


@dataclass(frozen=True)
class SecretPlace:
    """Where a secret belongs; opened anywhere else it is unreadable."""

    tenant_id: UUID
    connection_id: UUID | None  # None: it belongs to the tenant itself
    field: str

    @property
    def bound_context(self) -> bytes:
        return f"{self.tenant_id}:{self.connection_id or ''}:{self.field}".encode()


class SecretBox:
    """Seals with the newest key and opens with any known one."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        raw = [bytes.fromhex(key.get_secret_value()) for key in keys]
        if not raw or any(len(key) != KEY_BYTES for key in raw):
            raise ValueError("encryption keys are 32 bytes in hex, newest first, at least one")
        self._newest = _key_id(raw[0])
        self._ciphers = {_key_id(key): AESGCM(key) for key in raw}

    def seal(self, value: SecretStr, place: SecretPlace) -> str:
        """Seal with the newest key. Returns `key id.nonce.ciphertext` in hex."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(
            nonce, value.get_secret_value().encode(), place.bound_context
        )
        return f"{self._newest}.{nonce.hex()}.{sealed.hex()}"

    def open(self, sealed: str, place: SecretPlace) -> SecretStr:
        """Open what was sealed for this place; raises `SecretUnreadable`."""
        try:
            key_id, nonce, ciphertext = sealed.split(".")
            plain = self._ciphers[key_id].decrypt(
                bytes.fromhex(nonce), bytes.fromhex(ciphertext), place.bound_context
            )
        except (KeyError, ValueError, InvalidTag):
            raise SecretUnreadable(place.field) from None
        return SecretStr(plain.decode())

    def knows(self, key_id: str) -> bool:
        """Whether one of the keys has this id."""
        return key_id in self._ciphers

    def is_current(self, sealed: str) -> bool:
        """Whether the newest key sealed it; otherwise a rotation should seal it again."""
        return sealed.startswith(f"{self._newest}.")


def new_key() -> str:
    """Make a key in the form the settings take."""
    return secrets.token_hex(KEY_BYTES)


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:KEY_ID_LENGTH]
