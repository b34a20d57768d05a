"""`/v1/posting-categories` of one connection."""

from common.domain.profile import PostingCategory
from common.http.client import ApiClient
from common.lexware.wire import Category, parse_list


class PostingCategories:
    """Where voucher lines may be booked."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def list(self) -> tuple[PostingCategory, ...]:
        """Every category with the flags that limit its use."""
        categories = parse_list(Category, (await self._api.get("/v1/posting-categories")).content)
        return tuple(to_category(category) for category in categories)


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
