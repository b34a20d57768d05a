"""Which refusals are the shop's own words; every other page or body comes from somebody in between."""

import re
from html import unescape

from common.shops.epages.answers import NotJson, read_json

READ = 4096  # the page of the platform's web server says what it is at its beginning
APPLICATION_ONLY = frozenset({404, 410})  # a web server says these while the application behind it is away


def is_own_word(status: int, path: str, content: bytes) -> bool:
    """Whether the shop itself refuses `path`: by its JSON, or by the error page of its web server.

    A "not there" counts in JSON only: the web server says it of everything while a release is installed.
    """
    if _is_json_word(status, content):
        return True
    return status not in APPLICATION_ONLY and _is_server_page(status, path, content)


def _is_json_word(status: int, content: bytes) -> bool:
    """A message with the status as text; frameworks of others put a number there."""
    try:
        body = read_json(content)
    except NotJson:
        return False
    if not isinstance(body, dict) or body.get("status") != str(status):
        return False
    message = body.get("message")
    return isinstance(message, str) and bool(message)


def _is_server_page(status: int, path: str, content: bytes) -> bool:
    page = unescape(content[:READ].decode("utf-8", "replace"))
    title = re.search(rf"<title>\s*Error {status}\b", page, re.IGNORECASE)
    heading = re.search(rf"\bHTTP ERROR:?\s+{status}\b", page)
    return title is not None and heading is not None and path in page
