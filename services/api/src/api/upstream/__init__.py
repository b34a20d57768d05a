"""Asks the other side of a connection before it is kept: which addresses may be called, and what is there."""

from api.upstream.addresses import HostUnknown, checked_address, one_spelling
from api.upstream.checks import BooksIdentity, ConnectionChecks, ShopIdentity, UpstreamChecks

__all__ = [
    "BooksIdentity",
    "ConnectionChecks",
    "HostUnknown",
    "ShopIdentity",
    "UpstreamChecks",
    "checked_address",
    "one_spelling",
]
