"""The books' posting categories as settings name them, and which of them may be named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.problems import (
    InvalidRequest,
)
from api.schemas.categories import CategoryList, CategoryRead
from common.db.models.books import BooksProfileRow
from common.db.models.core import ConnectionRow
from common.domain.merchant import MerchantSettings
from common.domain.profile import PostingCategory
from common.domain.stored_words import ConnectionKind, ConnectionState

FOR_SALES = "income"
UNKNOWN, UNFIT = "category_unknown", "category_unfit"
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class KnownCategories:
    """The list as it was last read from the books in use."""

    connection_id: UUID
    items: tuple[PostingCategory, ...]
    read_at: datetime

    def named(self, category_id: str) -> PostingCategory | None:
        """The category of that id."""
        return next((item for item in self.items if item.id == category_id), None)


async def known_categories(session: AsyncSession, tenant_id: UUID) -> KnownCategories | None:
    """Read the categories of the tenant's books; None before they were read for the first time."""
    in_use_first = case((ConnectionRow.state == ConnectionState.ACTIVE, 0), else_=1)
    query = (
        select(BooksProfileRow)
        .join(ConnectionRow, ConnectionRow.connection_id == BooksProfileRow.connection_id)
        .where(
            BooksProfileRow.tenant_id == tenant_id,
            ConnectionRow.tenant_id == tenant_id,
            ConnectionRow.kind == ConnectionKind.BOOKS,
            ConnectionRow.state != ConnectionState.DISABLED,
        )
        .order_by(in_use_first, BooksProfileRow.fetched_at.desc())
        .limit(1)
    )
    row = await session.scalar(query)
    if row is None:
        return None
    items = tuple(PostingCategory.model_validate(category) for category in row.categories)
    return KnownCategories(row.connection_id, items, row.fetched_at)


def named_categories(values: BaseModel, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every category a setting names, with where it stands."""
    for name, value in values:
        yield from _named(value, (*place, name), is_category="category" in name)


def _named(value: Any, place: Place, *, is_category: bool) -> Iterator[tuple[Place, str]]:
    if isinstance(value, BaseModel):
        yield from named_categories(value, place)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _named(inner, (*place, str(name)), is_category=is_category)
    elif isinstance(value, tuple | list):
        for number, inner in enumerate(value):
            yield from _named(inner, (*place, number), is_category=is_category)
    elif is_category and isinstance(value, str):
        yield place, value


def category_list(known: KnownCategories, values: MerchantSettings) -> CategoryList:
    """The list as it is shown."""
    used: dict[str, list[str]] = {}
    for place, named in named_categories(values):
        used.setdefault(named, []).append(_label(place))
    items = [_read(category, used.get(category.id, [])) for category in known.items]
    items.sort(key=lambda item: (not item.usable, item.group_name or "", item.name))
    return CategoryList(connection_id=known.connection_id, read_at=known.read_at, items=items)


def _read(category: PostingCategory, used_by: list[str]) -> CategoryRead:
    return CategoryRead(
        id=category.id,
        name=category.name,
        group_name=category.group_name,
        type=category.type,
        usable=category.type == FOR_SALES,
        several_rates=category.split_allowed,
        collective_contact=not category.contact_required,
        used_by=used_by,
    )


def _label(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]


async def require_fit(
    session: AsyncSession, tenant_id: UUID, before: MerchantSettings, after: MerchantSettings
) -> None:
    """Require that the books take sales in each category newly named; raises `InvalidRequest`.

    Before the list was read nothing can be said; what was named before and what we name by default is left
    to the decision about a document, which parks where it does not fit.
    """
    spared = {named for _, named in (*named_categories(before), *named_categories(MerchantSettings()))}
    new = [(place, named) for place, named in named_categories(after) if named not in spared]
    known = await known_categories(session, tenant_id) if new else None
    if known is None:
        return
    errors = [error for place, named in new if (error := _error(place, known.named(named))) is not None]
    if errors:
        raise InvalidRequest(errors=errors)


def _error(place: Place, found: PostingCategory | None) -> dict[str, str] | None:
    if found is not None and found.type == FOR_SALES:
        return None
    wrong = "names no category of the books" if found is None else "names a category that takes no sales"
    return {
        "pointer": "/".join(("/body/values", *map(str, place))),
        "code": UNKNOWN if found is None else UNFIT,
        "message": f"`settings.{_label(place)}` {wrong}; "
        "expected one that GET /api/v1/tenants/{id}/categories lists as usable.",
    }
