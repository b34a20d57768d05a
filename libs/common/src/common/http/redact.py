"""What of a request may reach a log: never credentials, queries, bodies or whole headers."""

import re
from urllib.parse import urlsplit

_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d{4,}")


def loggable_path(path: str) -> str:
    """The path without its query, ids replaced, so that equal requests look equal."""
    return _ID.sub("{id}", path.partition("?")[0])


def loggable_host(base_url: str) -> str:
    """Host and port, without user and password."""
    parts = urlsplit(base_url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
