"""Cursors: where a page ended, sealed so that nobody can make one up or use it with other filters."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

import orjson
from pydantic import SecretStr

from api.problems import BadCursor

TAG_BYTES = 16


class CursorSeal:
    """Makes cursors with the newest key and accepts those of any known key."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._keys = [hashlib.sha256(b"cursor:" + key.get_secret_value().encode()).digest() for key in keys]

    def seal(self, position: Sequence[str], context: object) -> str:
        """A cursor that stands after `position` in the list that `context` describes."""
        payload = orjson.dumps([*position])
        return (
            base64.urlsafe_b64encode(self._tag(self._keys[0], payload, context) + payload)
            .decode()
            .rstrip("=")
        )

    def open(self, cursor: str, context: object, parts: int) -> list[str]:
        """The position; raises `BadCursor` unless it was sealed for the same context."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadCursor from None
        tag, payload = raw[:TAG_BYTES], raw[TAG_BYTES:]
        if not any(hmac.compare_digest(tag, self._tag(key, payload, context)) for key in self._keys):
            raise BadCursor
        position: list[str] = orjson.loads(payload)
        if len(position) != parts:
            raise BadCursor
        return position

    @staticmethod
    def _tag(key: bytes, payload: bytes, context: object) -> bytes:
        about = orjson.dumps(context, default=str, option=orjson.OPT_SORT_KEYS)
        return hmac.new(key, about + b"\n" + payload, hashlib.sha256).digest()[:TAG_BYTES]
