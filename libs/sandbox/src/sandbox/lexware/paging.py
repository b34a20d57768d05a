"""Page number and size of a request."""

from collections.abc import Mapping

MAX_SIZE = 250
WINDOW = 10_000


def paging_from(query: Mapping[str, str]) -> tuple[int, int, str | None]:
    """Return page number and size, and the name of the parameter that cannot be used."""
    number, size = query.get("page", "0"), query.get("size", "25")
    if not number.isascii() or not number.isdigit():
        return 0, 25, "page"
    if not size.isascii() or not size.isdigit() or not 1 <= int(size) <= MAX_SIZE:
        return 0, 25, "size"
    return int(number), int(size), None
