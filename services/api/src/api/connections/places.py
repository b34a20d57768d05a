"""Where connections lead, spelled so that two of them can be compared."""

from common.db.models.core import ConnectionRow
from common.domain.web_addresses import NoWebAddress, root_of


def shop_place(row: ConnectionRow) -> str:
    """The API root of a shop, also of one that an older release stored."""
    if row.root is not None:
        return row.root
    try:
        return root_of(row.address)
    except NoWebAddress:
        return row.address


def organization_place(row: ConnectionRow) -> str:
    """The organization of books, also of those that an older release stored."""
    return row.address.lower() if row.root is None else row.root
