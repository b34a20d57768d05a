"""Kinds of connections: what is asked, kept and shown of each, and what using it again sets off."""

from api.kinds.kind import Standing
from api.kinds.linking import check, enable, keep
from api.kinds.registry import connection_read, kind_of, standings

__all__ = [
    "Standing",
    "check",
    "connection_read",
    "enable",
    "keep",
    "kind_of",
    "standings",
]
