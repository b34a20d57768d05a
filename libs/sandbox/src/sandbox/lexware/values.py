"""Values as Lexware Office writes and reads them: moments, dates of Berlin, decimals, search terms."""

import json
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

BERLIN = ZoneInfo("Europe/Berlin")
CENT = Decimal("0.01")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(Z|[+-]\d{2}:\d{2})")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")


class Malformed(Exception):
    """The body is no JSON document of the expected kind."""


def berlin_moment() -> str:
    """Return the present moment as the API writes it."""
    return datetime.now(UTC).astimezone(BERLIN).isoformat(timespec="milliseconds")


@lru_cache(maxsize=4096)
def midnight(day: str) -> str:
    """Return a date as the API gives it back: midnight in Berlin with its offset."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), BERLIN).isoformat(
        timespec="milliseconds"
    )


def today() -> str:
    """Return today's date in Berlin."""
    return datetime.now(UTC).astimezone(BERLIN).date().isoformat()


def day_from(value: Any) -> str | None:
    """Return the Berlin date of a plain date or a full moment, or None when the pattern is another."""
    if not isinstance(value, str):
        return None
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        if _MOMENT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(BERLIN).date().isoformat()
    except (ValueError, OverflowError):
        return None
    return None


def json_object(body: bytes) -> dict[str, Any]:
    """Return a JSON object with its fractions as decimals, or raise."""
    try:
        if b"\\u" in body:
            orjson.loads(body)  # refuses halves of surrogate pairs, which could not be given back
        document = json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if not isinstance(document, dict):
        raise Malformed("no object")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def decimal_from(value: Any) -> Decimal | None:
    """Return a number, or a string that holds one, as a finite decimal; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        return number if abs(number) < Decimal(10) ** 15 else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def cents_exact(number: Decimal) -> bool:
    """Tell whether a number has no more than two decimals that count."""
    return number == number.quantize(CENT)


def round2(number: Decimal) -> Decimal:
    """Round commercially to cents."""
    return number.quantize(CENT, ROUND_HALF_UP)


def short_number(text: str) -> orjson.Fragment:
    """Return a stored decimal as a JSON number without needless zeros: `119`, `104.7`."""
    return orjson.Fragment(text.rstrip("0").rstrip(".") if "." in text else text)


def long_number(text: str) -> orjson.Fragment:
    """Return a stored decimal as a JSON number that keeps one decimal: `19.0`, `14.7`."""
    trimmed = text.rstrip("0") if "." in text else f"{text}."
    return orjson.Fragment(f"{trimmed}0" if trimmed.endswith(".") else trimmed)


def html_encoded(text: str) -> str:
    """Return a text as the search compares it: `&`, `<` and `>` as entities, nothing else."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
