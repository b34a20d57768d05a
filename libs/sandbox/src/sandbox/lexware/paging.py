"""Page number and size of a request."""

from collections.abc import Mapping

DIGITS = 9  # more are no page that exists
MAX_SIZE = 250
WINDOW = 10_000


def paging_from(query: Mapping[str, str]) -> tuple[int, int, str | None]:
    """Return page number and size, and the name of the parameter that cannot be used."""
    number, size = query.get("page", "0"), query.get("size", "25")
    if not _is_number(number):
        return 0, 25, "page"
    if not _is_number(size) or not 1 <= int(size) <= MAX_SIZE:
        return 0, 25, "size"
    return int(number), int(size), None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS
