"""Text that others wrote, as a terminal may show it: nothing in it moves the cursor or hides anything."""

from collections.abc import MutableMapping
from typing import Any

LINES = "\n\t"  # what a traceback of ours is laid out with


def printable(text: object, most: int = 200) -> str:
    """The text on one line, each control or invisible character as a question mark."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in str(text)[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def only_printable(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A log line for a terminal holds nothing that steers it."""
    for name, value in list(fields.items()):
        if isinstance(value, str) and not value.isprintable():
            fields[name] = "".join(
                letter if letter.isprintable() or letter in LINES else "?" for letter in value
            )
    return fields
