"""Text that may go on the wire or into a row: no half surrogates, and other things that do harm there."""

import re

_SPACES = re.compile(r"\s+")
_UNFIT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters that are no white space
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"  # invisible or turning the text
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"  # never part of valid text
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes these in a text


def storable(text: str) -> str:
    """The text without what no database takes."""
    return _UNSTORABLE.sub("", text)


def clean(text: str | None) -> str:
    """The text without unfit characters, white space collapsed and stripped; nothing gives an empty text."""
    if not text:
        return ""
    return _SPACES.sub(" ", _UNFIT.sub("", text)).strip()


def clip(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, because that is how the books count; no character is cut in half."""
    if utf16_length(text) <= limit:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * limit]
    return units.decode("utf-16-le", "ignore").rstrip()


def utf16_length(text: str) -> int:
    """Length in UTF-16 units: characters beyond the basic plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
