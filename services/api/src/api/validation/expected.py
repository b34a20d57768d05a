"""What a part of the description expects, in words."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

FORMATS = {
    "date": "a date such as 2026-01-31",
    "date-time": "a moment such as 2026-01-31T09:15:00Z",
    "uuid": "an id such as 0b6f3f6e-3c1d-4c2a-9b1e-5a3f6e7d8c9b",
}
PATTERNS = {
    r"^[^\x00-\x1f]+$": "without control characters",
    r"^[^\x00-\x1f\x7f]+$": "without control characters",
    r"^[^\x00-\x1f\x7f]*$": "without control characters",
    r"^[^\x00]*$": "without NUL characters",
    r"^[^\s\x00-\x1f\x7f]+$": "without spaces",
    r"^[\x21-\x7e]+$": "of printable ASCII without spaces",
    "^[!-~]+$": "of printable ASCII without spaces",
    "^[A-Za-z0-9._-]+$": "of letters, digits, dots, underscores and hyphens",
    "^[a-z0-9_.:-]+$": "of lower-case letters, digits, underscores, dots, colons and hyphens",
    r"^-?\d+\.\d{2}$": "with two decimals, such as 49.90",
    r"^\d{1,12}(\.\d{1,2})?$": "with at most two decimals, such as 49.90",
}
NAMES_SHOWN = 12


def expected(schema: Schema, models: Mapping[str, Schema]) -> str:
    """What fits there, to be read after "expected"."""
    schema = resolved(schema, models)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(expected(choice, models) for choice in choices))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return listed([str(value) for value in values], "one of " if len(values) > 1 else "")
    kind = str(schema.get("type", ""))
    return _OF_TYPE[kind](schema, models) if kind in _OF_TYPE else "something else"


def resolved(schema: Schema, models: Mapping[str, Schema]) -> Schema:
    """The schema itself where another is only named."""
    while "$ref" in schema:
        schema = models[schema["$ref"].rpartition("/")[2]]
    return schema


def listed(names: list[str], before: str = "") -> str:
    """Names as a reader takes them in; many are not listed."""
    marked = [f"`{name}`" for name in names[:NAMES_SHOWN]]
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return before + ", ".join(marked) + more


def _text(schema: Schema, _: Mapping[str, Schema]) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    pattern = schema.get("pattern")
    form = f" {PATTERNS.get(pattern, f'that matches {pattern}')}" if pattern else ""
    return f"text{_size(schema, 'Length', ' characters')}{form}"


def _number(schema: Schema, _: Mapping[str, Schema]) -> str:
    noun = "a whole number" if schema["type"] == "integer" else "a number"
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        above = f"{noun} above {schema['exclusiveMinimum']:.0f}"
        return above if high is None else f"{above}, at most {high:.0f}"
    return noun + _range(low, high)


def _list(schema: Schema, models: Mapping[str, Schema]) -> str:
    size = _size(schema, "Items", " entries")
    return f"a list{size}, each {expected(schema['items'], models)}" if "items" in schema else f"a list{size}"


def _object(schema: Schema, _: Mapping[str, Schema]) -> str:
    names = list(schema.get("properties", ()))
    return listed(names, "an object with ") if names else "an object"


def _size(schema: Schema, what: str, unit: str) -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if low is None and high is None:
        return ""
    return _range(low or None, high).replace(" from ", " of ") + unit


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return "" if high is None else f" of at most {high:.0f}"
    return f" of at least {low:.0f}" if high is None else f" from {low:.0f} to {high:.0f}"


_OF_TYPE = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda schema, models: "true or false",
    "null": lambda schema, models: "null",
    "array": _list,
    "object": _object,
}
