"""The value forms of the shop API: GUIDs, time stamps, prices and exact sums in cents."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5

import orjson

CENT = Decimal("0.01")
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}

Price = dict[str, object]


def words(text: str) -> list[str]:
    """The words of the text."""
    return text.split()


@lru_cache(maxsize=4096)
def guid(*parts: object) -> str:
    """The same parts always give the same upper-case GUID."""
    return str(uuid5(NAMESPACE_URL, "/".join(str(part) for part in parts))).upper()


def stamp(at: datetime) -> str:
    """UTC with milliseconds and `Z`; stamps of this form sort as text."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read an ISO 8601 moment; one without a zone is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def lower_bound(at: datetime) -> str:
    """The first stamp that is not before the given moment."""
    return stamp(at + timedelta(microseconds=999))


def cents(value: Decimal) -> Decimal:
    """Rounded half-up to cents."""
    return value.quantize(CENT, ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Shares in proportion to the weights, in cents, that add up to the total exactly."""
    whole = sum(weights, Decimal(0))
    if not weights or whole == 0:
        return [total if index == 0 else Decimal(0) for index in range(len(weights))]
    exact = [total * weight / whole for weight in weights]
    shares = [value.quantize(CENT, ROUND_DOWN) for value in exact]
    missing = int((total - sum(shares, Decimal(0))) / CENT)
    order = sorted(range(len(exact)), key=lambda index: abs(exact[index] - shares[index]), reverse=True)
    for index in order[: abs(missing)]:
        shares[index] += CENT if missing > 0 else -CENT
    return shares


def plain(value: Decimal) -> str:
    """Decimal text without exponent and without trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def number(value: Decimal) -> orjson.Fragment:
    """A JSON number with exactly these digits."""
    return orjson.Fragment(plain(value))


def formatted(amount: Decimal, currency: str, locale: str) -> str:
    """Text for display only: comma in German shops, point elsewhere."""
    text = f"{cents(amount):,.2f}"
    if locale.startswith("de"):
        text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"{text} {SYMBOLS.get(currency, currency)}"


def price(amount: Decimal, tax_type: str, currency: str, locale: str) -> Price:
    """A price object as every amount of the API is given in."""
    text = formatted(amount, currency, locale)
    return {"taxType": tax_type, "formatted": text, "amount": number(amount), "currency": currency}


def to_json(value: object) -> bytes:
    """JSON as UTF-8; decimals become numbers with exactly their digits."""
    return orjson.dumps(value, default=_fragment)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return number(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
