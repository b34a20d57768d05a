"""Answers as exact JSON: decimals without binary floats, and each item with the very bytes it was sent as."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from common.shops.epages.wire import Order

ORDER_ID = re.compile(
    r"(?!\.+$)[A-Za-z0-9._~-]{1,100}"
)  # goes into a path, so nothing that means something there
MOST_VALUES = 500_000  # two seconds of reading; a document of 2,200 lines has a third of them
BEFORE_VALUES = (b",", b"[", b"{")
_NOT_PART_OF_CONTENT = frozenset({"lineItemContainer", "links", "locale"})
_GAP = re.compile(r"[ \t\n\r]*")
WireT = TypeVar("WireT", bound=BaseModel)


class NotJson(ValueError):
    """The answer is no JSON document of the agreed form."""


class TooManyValues(NotJson):
    """The answer holds more values than are read at once: reading them would hold up everybody else."""


def read_json(content: bytes) -> Any:
    """The document with exact decimals; raises `NotJson`."""
    if sum(map(content.count, BEFORE_VALUES)) > MOST_VALUES:
        raise TooManyValues("more values than are read at once")
    try:
        return _loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotJson(type(error).__name__) from None


def read_list(content: bytes) -> tuple[int | None, list[tuple[bytes, Any]]]:
    """The total of a paged answer and its items, each with the bytes it was sent as; raises `NotJson`."""
    document = read_json(content)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotJson("no list of items")
    raws = list(_raw_items(content.decode("utf-8-sig")))
    if len(raws) != len(document["items"]):
        raise NotJson("items given twice")
    total = document.get("results")
    known = total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
    return known, list(zip(raws, document["items"], strict=True))


def parse(model: type[WireT], data: Any) -> WireT:
    """The data as this model; raises ValueError that names the fields that do not fit, not their values."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields = sorted(
            {".".join(str(part) for part in problem["loc"]) or "item" for problem in error.errors()}
        )
        raise ValueError(f"does not fit: {', '.join(fields[:5])}") from None


def parse_order(data: Any) -> Order:
    """An order with the fingerprint of everything the shop said about it; raises ValueError."""
    order = parse(Order, data)
    if not ORDER_ID.fullmatch(order.order_id):
        raise ValueError("does not fit: orderId")
    return order.model_copy(update={"fingerprint": fingerprint(data)})


def fingerprint(item: Mapping[str, Any]) -> str:
    """SHA-256 over a list item; the same for the list and the single read of an order."""
    kept = {key: value for key, value in item.items() if key not in _NOT_PART_OF_CONTENT}
    canonical = json.dumps(kept, default=str, sort_keys=True, ensure_ascii=True)  # takes half surrogates, too
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


def _raw_items(text: str) -> Iterator[bytes]:
    place = _skip(text, _skip(text, 0) + 1)  # behind the opening brace of a document known to be an object
    while text[place] != "}":
        key, place = _DECODER.raw_decode(text, place)
        place = _skip(text, _skip(text, place) + 1)
        if key == "items" and text[place] == "[":
            yield from _elements(text, place)
        place = _after(text, _DECODER.raw_decode(text, place)[1])


def _elements(text: str, place: int) -> Iterator[bytes]:
    place = _skip(text, place + 1)
    while text[place] != "]":
        start = place
        _, end = _DECODER.raw_decode(text, place)
        yield text[start:end].encode("utf-8")
        place = _after(text, end)


def _after(text: str, place: int) -> int:
    place = _skip(text, place)
    return _skip(text, place + 1) if text[place] == "," else place


def _skip(text: str, place: int) -> int:
    match = _GAP.match(text, place)
    return match.end() if match else place
