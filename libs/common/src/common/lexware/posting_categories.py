"""`/v1/posting-categories` of one connection."""

from common.domain.profile import PostingCategory
from common.http.client import ApiClient
from common.lexware.rows import Rows, parse_rows
from common.lexware.wire import Category


class PostingCategories:
    """Where voucher lines may be booked."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def list(self) -> tuple[PostingCategory, ...]:
        """Read every category that can be read, with the flags that limit its use."""
        return tuple(map(to_category, (await self.read()).fit))

    async def read(self) -> Rows[Category]:
        """Read every category. Returns them, and what could not be read."""
        return parse_rows(Category, (await self._api.get("/v1/posting-categories")).content)


def to_category(category: Category) -> PostingCategory:
    """The category as decisions read it."""
    return PostingCategory(
        id=category.id,
        name=category.name,
        type=category.type,
        contact_required=category.contact_required,
        split_allowed=category.split_allowed,
        group_name=category.group_name,
    )
