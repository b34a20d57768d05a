"""Answers as the platform words them: pages, resources, and errors that are often no JSON at all."""

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from typing import NamedTuple

import orjson

from sandbox.epages.values import to_json
from sandbox.http import Answer, Call, Refused

JSON_TYPE = b"application/json"
HTML_TYPE = b"text/html;charset=ISO-8859-1"
MEDIA_TYPE = (b"x-epages-media-type", b"application/vnd.epages.v1+json")
MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 10
DIGITS = 9  # a number with more is none that anybody means
HTML_STATUSES = (400, 405, 406, 413)


class Page(NamedTuple):
    """Which part of a list is wanted."""

    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size


def resource(document: object, status: int = 200) -> Answer:
    """A JSON answer with the platform's own media type in a header of its own."""
    return Answer(status, to_json(document), JSON_TYPE, (MEDIA_TYPE,))


def raw_resource(body: bytes, status: int = 200) -> Answer:
    """A JSON answer whose body is rendered already."""
    return Answer(status, body, JSON_TYPE, (MEDIA_TYPE,))


def envelope(
    items: Sequence[bytes], total: int, page: Page, more: Mapping[str, object] | None = None
) -> Answer:
    """One page of a list; `results` counts all matches."""
    head = {"results": total, "page": page.number, "resultsPerPage": page.size}
    fragments = [orjson.Fragment(item) for item in items]
    return raw_resource(to_json({**head, "items": fragments, **(more or {})}))


def page_of(call: Call) -> Page:
    """The wanted page; more than a hundred items per page are never given."""
    number = whole_number(call, "page", 1)
    size = whole_number(call, "resultsPerPage", DEFAULT_PAGE_SIZE)
    return Page(number, min(size, MAX_PAGE_SIZE))


def whole_number(call: Call, name: str, default: int) -> int:
    """A query parameter of at least 1; anything else is a bad request."""
    text = call.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS) or int(text) < 1:
        raise refusal(call, 400, f"Parameter {name} must be an integer of at least 1.")
    return int(text)


def flag(call: Call, name: str) -> bool | None:
    """A boolean query parameter, None when absent; anything else is a bad request."""
    text = call.query.get(name)
    if text is None:
        return None
    if text.lower() not in ("true", "false"):
        raise refusal(call, 400, f"Parameter {name} must be true or false.")
    return text.lower() == "true"


def refusal(call: Call, status: int, message: str) -> Refused:
    """The error to raise so that the caller gets this status."""
    return Refused(error(call, status, message))


def error(call: Call, status: int, message: str = "") -> Answer:
    """An error as the platform gives it: HTML pages for bad requests, JSON under a wrong type for outages."""
    if status in HTML_STATUSES:
        return html_error(call, status, message)
    text = message or HTTPStatus(status).phrase
    if status >= 500:
        text = f"{text}, Request: {call.method} {call.path}"
        return Answer(status, to_json({"message": text, "status": str(status)}), b"text/html", (MEDIA_TYPE,))
    return Answer(status, to_json({"message": text, "status": str(status)}), JSON_TYPE, (MEDIA_TYPE,))


def html_error(call: Call, status: int, message: str = "") -> Answer:
    """An error page of the web server in front of the application."""
    reason = escape(message or HTTPStatus(status).phrase)
    page = (
        f"<html>\n<head>\n<title>Error {status}</title>\n</head>\n<body><h2>HTTP ERROR: {status}</h2>\n"
        f"<p>Problem accessing {escape(call.path)}. Reason:\n<pre>    {reason}</pre></p>\n"
        "<hr /><i><small>Powered by Jetty://</small></i>\n</body>\n</html>\n"
    )
    return Answer(status, page.encode(), HTML_TYPE)
