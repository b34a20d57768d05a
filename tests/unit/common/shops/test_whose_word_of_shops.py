"""Whose word a shop's 4xx is: every code with every body; only what the platform itself says is a refusal."""

import json
from datetime import UTC, datetime

import pytest

from common.errors import ConnectorError, TransientError
from common.shops.epages.errors import (
    ForeignRefusal,
    NotFound,
    RateLimited,
    RequestRejected,
    ShopRefused,
    ShopUnavailable,
    SomethingElseAnswers,
    error_for,
)
from common.shops.epages.words import READ

CODES = [code for code in range(400, 500) if code not in (408, 409, 429)]
NOT_THERE = (404, 410)
PATHS = ("", "/orders", "/orders/A-1", "/orders/A-1/documents")


def own(status: int, message: str = "no") -> bytes:
    """The platform's JSON, with the status as text."""
    return json.dumps({"message": message, "status": str(status)}).encode()


def page(status: int, path: str, *, heading: str = "HTTP ERROR: {}") -> bytes:
    """The error page of the platform's web server."""
    title, asked = f"<title>Error {status}</title>", f"<p>Problem accessing /rs/shops/A{path}. Reason:"
    return f"<html><head>{title}</head><body><h2>{heading.format(status)}</h2>{asked}<pre>no</pre>".encode()


FOREIGN: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "text": b"Forbidden",
    "list": b"[]",
    "empty object": b"{}",
    "deep": b"[" * 5000,
    "cut": b'{"message": "no", "sta',
    "firewall": b"<html><head><title>403 Forbidden</title></head><body>nginx</body></html>",
    "maintenance": b"<!DOCTYPE html><title>Wartung</title><h1>HTTP ERROR: 403</h1>",
    "heading of another status": page(500, "/orders/A-1/documents"),
    "gateway": b'{"message": "Blocked by policy"}',
    "status of another answer": b'{"message": "no", "status": "500"}',
    "no text": b'{"message": {"text": "no"}, "status": "403"}',
    "oauth": b'{"error": "invalid_token"}',
}


def answered(status: int, body: bytes, path: str = "/orders") -> ConnectorError:
    return error_for(status, path, body, None)


@pytest.mark.parametrize("path", PATHS)
def test_the_platforms_json_with_its_own_status_is_the_shops_word(path: str) -> None:
    for status in CODES:
        assert type(answered(status, own(status), path)) is _kind(status), status


@pytest.mark.parametrize("heading", ["HTTP ERROR: {}", "HTTP ERROR {}", "HTTP ERROR {} Not Allowed"])
def test_the_page_of_its_web_server_is_the_shops_word_except_that_nothing_is_there(heading: str) -> None:
    for status in CODES:
        for path in PATHS:
            error = answered(status, page(status, path, heading=heading), path)
            assert type(error) is (SomethingElseAnswers if status in NOT_THERE else _kind(status)), status


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_any_other_4xx_is_weather_whatever_its_number(body: bytes) -> None:
    for status in CODES:
        for path in PATHS:
            error = answered(status, body, path)
            assert type(error) is (SomethingElseAnswers if status in NOT_THERE else ForeignRefusal), status
            assert isinstance(error, TransientError)


def test_a_number_as_status_is_what_frameworks_of_others_answer() -> None:
    body = b'{"timestamp": "2026-03-02", "status": 403, "error": "Forbidden", "message": "no", "path": "/rs"}'
    assert type(answered(403, body)) is ForeignRefusal


def test_a_page_about_another_path_is_not_about_our_question() -> None:
    assert type(answered(403, page(403, "/login"), "/orders")) is ForeignRefusal
    assert type(answered(403, page(403, "/orders"), "/orders")) is ShopRefused


def test_a_page_is_looked_at_in_its_beginning_only() -> None:
    assert type(answered(403, b" " * READ + page(403, "/orders"))) is ForeignRefusal


@pytest.mark.parametrize("body", [b"", own(500), b"<html>HTTP ERROR</html>"])
@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_outages_and_conflicts_are_weather_whoever_says_so(status: int, body: bytes) -> None:
    assert type(answered(status, body)) is ShopUnavailable


@pytest.mark.parametrize("body", [b"", own(429), FOREIGN["firewall"]])
def test_who_asks_for_patience_gets_it_whoever_it_is(body: bytes) -> None:
    error = error_for(429, "/orders", body, datetime.now(UTC))
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None


def _kind(status: int) -> type[ConnectorError]:
    if status in NOT_THERE:
        return NotFound
    return ShopRefused if status in (401, 403) else RequestRejected
