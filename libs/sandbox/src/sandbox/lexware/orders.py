"""Orders to the simulator itself: whose books they mean, and how one stands for many."""

from typing import Any

from sandbox.control import ControlRefused
from sandbox.lexware.books import Books
from sandbox.lexware.demo_data import DEMO_ORGANIZATION
from sandbox.store import Document


def take_organization(books: Books, order: Document) -> str:
    """Take the organization out of an order, the demo's when it names none, and return its id."""
    organization_id = str(
        order.pop("organizationId", None) or order.pop("organization_id", DEMO_ORGANIZATION)
    )
    if organization_id not in books.organizations:
        raise ControlRefused("no such organization", status=404)
    return organization_id


def take_copies(order: Document) -> list[Document]:
    """Return an order as often as its `count` says, `{}` in any text standing for the number of the copy."""
    count = order.pop("count", None)
    if count is None:
        return [order]
    return [_numbered(order, str(number)) for number in range(1, int(count) + 1)]


def _numbered(part: Any, number: str) -> Any:
    if isinstance(part, dict):
        return {key: _numbered(value, number) for key, value in part.items()}
    if isinstance(part, list):
        return [_numbered(value, number) for value in part]
    return part.replace("{}", number) if isinstance(part, str) else part
