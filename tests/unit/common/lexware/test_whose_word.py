"""Whose word a 4xx is: every code with every body at every call; only Lexware's own is a refusal."""

import json
from dataclasses import dataclass
from itertools import product

import httpx
import pytest
from pydantic import SecretStr

from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.errors import OutcomeLost, RateLimited, RequestNotExecuted
from common.http.health import Call
from common.http.transport import Network, Response
from common.lexware.answers import word_of
from common.lexware.errors import BooksRefusal, BooksUnavailable, ForeignAnswer, error_for
from common.lexware.oauth import AuthorizationServer, GrantInvalid, OAuthMisconfigured
from common.settings import LexwareSettings

CODES = range(400, 500)
FILES = ("/v1/vouchers/1/files", "/v1/files", "/v1/files/1")
OTHERS = (
    "/v1/vouchers",
    "/v1/vouchers/1",
    "/v1/contacts",
    "/v1/contacts/1",
    "/v1/voucherlist",
    "/v1/profile",
    "/v1/posting-categories",
    "/v1/countries",
)
CALLS = [
    Call(method, path, safe=method == "GET")
    for method, path in product(("GET", "POST", "PUT"), (*OTHERS, *FILES))
]
ISSUE = {"i18nKey": "missing_entity", "source": "type", "type": "bad_request_error"}


def regular(status: int, **more: object) -> dict[str, object]:
    """What most endpoints answer."""
    told = {"timestamp": "2026-03-02T09:20:11.402+01:00", "status": status, "error": "Not Acceptable"}
    return {**told, "path": "/v1/vouchers", "traceId": "5c1d", "message": "Validation failed", **more}


@dataclass(frozen=True)
class Own:
    """A body of Lexware's, the codes and the calls it counts with."""

    body: object
    codes: frozenset[int] = frozenset(CODES)
    paths: tuple[str, ...] = (*OTHERS, *FILES)


GATEWAY = frozenset({401, 402, 403, 404, 429})
OWN = {
    "legacy": Own({"requestId": "b3f0", "IssueList": [ISSUE]}),
    "legacy without type": Own({"IssueList": [{"i18nKey": "invalid_value", "source": "version"}]}),
    "flat": Own(ISSUE, paths=FILES),
    "bare": Own("unknown upload type", paths=FILES),
    "gateway": Own({"message": "Unauthorized"}, codes=GATEWAY),
}
FOREIGN: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "page": b"<html><body>Access denied</body></html>",
    "text": b"Forbidden",
    "list": b"[]",
    "number": b"17",
    "cut": b'{"IssueList": [{"i18nKey": "missing_ent',
    "empty object": b"{}",
    "no issues": b'{"IssueList": []}',
    "issues of others": b'{"IssueList": [{"code": 1}]}',
    "null issues": b'{"IssueList": null}',
    "error of others": b'{"error": "blocked", "ray": "8f2a"}',
    "oauth": b'{"error": "invalid_grant"}',
    "message and more": b'{"message": "Blocked", "code": 1020}',
    "message of no text": b'{"message": {"text": "Blocked"}}',
    "half a regular one": b'{"status": 403, "error": "Forbidden", "message": "no"}',
    "regular of another status": json.dumps(regular(200)).encode(),
    "deep": b"[" * 5000,
}


def answered(call: Call, status: int, body: bytes) -> ConnectorError:
    return error_for(call, Response(status, {}, body))


@pytest.mark.parametrize("shape", OWN)
def test_a_body_of_lexware_counts_with_its_codes_at_its_calls_and_nowhere_else(shape: str) -> None:
    own = OWN[shape]
    for call, status in product(CALLS, CODES):
        error = answered(call, status, json.dumps(own.body).encode())
        is_word = status in own.codes and call.path in own.paths
        assert isinstance(error, RefusedError | RequestNotExecuted) is is_word, (call, status)
        assert is_word or _is_weather(call, error), (call, status)


def test_a_regular_body_counts_when_it_names_the_status_it_came_with() -> None:
    for call, status in product(CALLS, CODES):
        for said in (status, str(status)):
            body = {**regular(status), "status": said}
            error = answered(call, status, json.dumps(body).encode())
            assert isinstance(error, RefusedError | RequestNotExecuted), (call, status)


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_any_other_4xx_is_weather_whatever_its_number(body: bytes) -> None:
    for call, status in product(CALLS, CODES):
        assert _is_weather(call, answered(call, status, body)), (call, status)


def _is_weather(call: Call, error: ConnectorError) -> bool:
    if call.safe:
        return type(error) is BooksUnavailable and isinstance(error, TransientError)
    return type(error) is ForeignAnswer and isinstance(error, UnknownOutcomeError)


@pytest.mark.parametrize(
    ("path", "body", "issues", "text"),
    [
        ("/v1/vouchers", regular(406), [], "Validation failed"),
        ("/v1/vouchers/1/files", ISSUE, ["missing_entity (type)"], None),
        ("/v1/files", "unknown type", [], "unknown type"),
        ("/v1/vouchers", {"IssueList": [ISSUE]}, ["missing_entity (type)"], None),
        (
            "/v1/contacts",
            regular(406, details=[{"violation": "NOTNULL", "field": "purpose", "message": "fehlt"}]),
            ["NOTNULL (purpose)"],
            "Validation failed",
        ),
    ],
)
def test_a_refusal_keeps_what_lexware_said_in_every_shape(
    path: str, body: object, issues: list[str], text: str | None
) -> None:
    refusal = answered(Call("POST", path, safe=False), 406, json.dumps(body).encode())
    assert isinstance(refusal, BooksRefusal)
    assert (list(map(str, refusal.issues)), refusal.text) == (issues, text)
    assert text is None or text not in str(refusal)  # it goes into no log


def test_a_long_text_is_cut() -> None:
    word = word_of("/v1/files", Response(406, {}, json.dumps("x" * 5000).encode()))
    assert word is not None
    assert len(word.text or "") == 200


TOKEN_BODIES: dict[str, tuple[bytes, frozenset[int], type[ConnectorError]]] = {
    "grant": (b'{"error": "invalid_grant"}', frozenset({400, 401}), GrantInvalid),
    "client": (b'{"error": "invalid_client"}', frozenset({400, 401}), OAuthMisconfigured),
    "deactivated": (b'{"error": "unauthorized_client"}', frozenset({400, 401}), OAuthMisconfigured),
    "described": (
        b'{"error": "invalid_grant", "error_description": "gone"}',
        frozenset({400, 401}),
        GrantInvalid,
    ),
    "slow down": (b'{"message": "Rate limit exceeded"}', frozenset({429}), RateLimited),
    **{name: (body, frozenset(), OutcomeLost) for name, body in FOREIGN.items() if name != "oauth"},
    "legacy": (json.dumps({"IssueList": [ISSUE]}).encode(), frozenset({429}), RateLimited),
}


@pytest.mark.parametrize("case", TOKEN_BODIES)
async def test_at_the_token_endpoint_only_an_oauth_error_says_that_nothing_was_spent(case: str) -> None:
    body, codes, kind = TOKEN_BODIES[case]
    for status in CODES:
        played = httpx.MockTransport(lambda request, status=status: httpx.Response(status, content=body))
        settings = LexwareSettings(app_url="http://books", client_id="us", client_secret=SecretStr("quiet"))
        server = AuthorizationServer(Network(transport=played), settings)
        with pytest.raises(kind if status in codes else OutcomeLost):
            await server.exchange("code", "verifier")
