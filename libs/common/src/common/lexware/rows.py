"""Rows of a list, read one by one: what does not fit spoils its own row and no other.

A field that cannot be read counts as absent, unless the row could be mistaken without it; then the row is
lost. Both are told, by the row's id and the names of the fields, never by their content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from common.domain.cleaning import storable
from common.http.errors import UnreadableAnswer
from common.lexware.wire import Wire, read_json

RowT = TypeVar("RowT", bound=Wire)
WITHOUT_ID = "without id"
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Unfit:
    """A row that does not fit: by its id, in which fields, and whether it is lost with them."""

    key: str
    fields: tuple[str, ...]
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Rows(Generic[RowT]):
    """The rows that could be read, and what was wrong with the others or with parts of these."""

    fit: tuple[RowT, ...]
    unfit: tuple[Unfit, ...] = ()

    @property
    def lost(self) -> bool:
        """Whether some row could not be read at all."""
        return any(row.is_lost for row in self.unfit)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page of a list; `total` is capped at the search window, and None when the page does not tell."""

    rows: Rows[RowT]
    last: bool
    total: int | None = None

    @property
    def content(self) -> tuple[RowT, ...]:
        """The rows that could be read."""
        return self.rows.fit


def parse_rows(model: type[RowT], content: bytes) -> Rows[RowT]:
    """The rows of a bare array; raises `UnreadableAnswer` when there is none."""
    items = _json_of(model, content)
    if not isinstance(items, list):
        raise UnreadableAnswer(f"{model.__name__}: no array")
    return _rows(model, items)


def parse_page(model: type[RowT], content: bytes, size: int) -> Page[RowT]:
    """One page of at most `size` rows; raises `UnreadableAnswer` when it holds no list of rows."""
    body = _json_of(model, content)
    items = body.get("content") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(items, list):
        raise UnreadableAnswer(f"{model.__name__}: no page")
    last, total = body.get("last"), body.get("totalElements")
    return Page(
        rows=_rows(model, items),
        last=not items or (last if isinstance(last, bool) else len(items) < size),
        total=total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None,
    )


def parse_object(model: type[RowT], content: bytes) -> tuple[RowT, Unfit | None]:
    """The one object of an answer, without the fields that do not fit; raises `UnreadableAnswer`."""
    row, fields = _row(model, _json_of(model, content))
    if row is None:
        raise UnreadableAnswer(f"{model.__name__}: {', '.join(fields) or 'it'} cannot be read")
    return row, Unfit(WITHOUT_ID, fields, is_lost=False) if fields else None


def _json_of(model: type[Wire], content: bytes) -> Any:
    try:
        return read_json(content)
    except (ValueError, RecursionError):
        raise UnreadableAnswer(f"{model.__name__}: no JSON") from None


def _rows(model: type[RowT], items: Sequence[Any]) -> Rows[RowT]:
    fit: list[RowT] = []
    unfit: list[Unfit] = []
    for item in items:
        row, fields = _row(model, item)
        if row is not None:
            fit.append(row)
        if row is None or fields:
            unfit.append(Unfit(_key(item), fields, is_lost=row is None))
    return Rows(tuple(fit), tuple(unfit))


def _row(model: type[RowT], item: Any) -> tuple[RowT | None, tuple[str, ...]]:
    """The row, if it can be read without the fields that do not fit, and the names of these."""
    try:
        return model.model_validate(item), ()
    except ValidationError as error:
        spoilt = _names(error)
    if not isinstance(item, Mapping) or not spoilt or not model.VITAL.isdisjoint(spoilt):
        return None, spoilt
    try:
        return model.model_validate({name: item[name] for name in item if name not in spoilt}), spoilt
    except ValidationError as error:
        return None, tuple(dict.fromkeys((*spoilt, *_names(error))))


def _names(error: ValidationError) -> tuple[str, ...]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return tuple(dict.fromkeys(str(one["loc"][0]) for one in found if one["loc"]))


def _key(item: Any) -> str:
    key = item.get("id") if isinstance(item, Mapping) else None
    return storable(key[:LONGEST_ID]) or WITHOUT_ID if isinstance(key, str) else WITHOUT_ID
