"""Answers of Lexware Office as errors of our families."""

import json

import pytest

from common.errors import ConnectorError, TransientError, UnknownOutcomeError
from common.http.errors import NotFound, OutcomeLost, RequestNotExecuted, Unauthorized
from common.http.health import Call
from common.http.transport import Response
from common.lexware.answers import Issue
from common.lexware.errors import (
    AccessDenied,
    BooksRefusal,
    BooksUnavailable,
    Conflict,
    ContactRejected,
    ContractProblem,
    DeniedForNow,
    FileRejected,
    RequestRejected,
    RouteUnknown,
    VoucherRejected,
    error_for,
)

LEGACY = {
    "requestId": "r-1",
    "IssueList": [
        {"i18nKey": "invalid_taxamount", "source": "voucherItems[0].taxAmount", "type": "validation_failure"},
        {"i18nKey": "missing_entity", "source": "voucherNumber", "type": "validation_failure", "args": None},
    ],
}
REGULAR = {
    "timestamp": "2026-03-02T09:20:11.402+01:00",
    "status": 406,
    "error": "Not Acceptable",
    "path": "/v1/vouchers",
    "traceId": "t-1",
    "message": "Validation failed",
    "details": [{"violation": "NOTNULL", "field": "lineItems[0]", "message": "darf nicht leer sein"}],
}
POST = Call("POST", "/v1/vouchers", safe=False)
GET = Call("GET", "/v1/vouchers/1", safe=True)


def answered(status: int, body: object = None, call: Call = POST) -> ConnectorError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_for(call, Response(status, {"x-amzn-requestid": "gateway-1"}, content))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 301, 307])
@pytest.mark.parametrize("body", [b"", b"null", b"<html>", {"message": "Endpoint request timed out"}])
def test_trouble_is_unknown_for_a_write_and_transient_for_a_read(status: int, body: object) -> None:
    assert isinstance(answered(status, body), OutcomeLost)
    assert isinstance(answered(status, body), UnknownOutcomeError)
    assert isinstance(answered(status, body, GET), BooksUnavailable)
    assert isinstance(answered(status, body, GET), TransientError)


def test_a_401_surely_did_not_happen_and_may_work_with_other_credentials() -> None:
    refused = answered(401, {"message": "Unauthorized"})
    assert isinstance(refused, Unauthorized)
    assert isinstance(refused, RequestNotExecuted)


@pytest.mark.parametrize(
    ("status", "kind"), [(402, ContractProblem), (403, AccessDenied), (404, NotFound), (409, Conflict)]
)
def test_the_status_names_the_refusal(status: int, kind: type[ConnectorError]) -> None:
    assert type(answered(status, LEGACY)) is kind


def test_a_406_about_the_version_is_a_conflict() -> None:
    stale = {"IssueList": [{"i18nKey": "invalid_value", "source": "version", "type": "validation_failure"}]}
    assert isinstance(answered(406, stale), Conflict)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/vouchers", VoucherRejected),
        ("/v1/vouchers/1/files", FileRejected),
        ("/v1/files", FileRejected),
        ("/v1/contacts", ContactRejected),
        ("/v1/profile", RequestRejected),
    ],
)
def test_the_path_names_what_was_rejected(path: str, kind: type[ConnectorError]) -> None:
    assert type(answered(406, LEGACY, Call("POST", path, safe=False))) is kind


def test_issues_are_read_from_the_legacy_shape() -> None:
    rejected = answered(406, LEGACY)
    assert isinstance(rejected, BooksRefusal)
    assert rejected.issues[0] == Issue(
        key="invalid_taxamount", source="voucherItems[0].taxAmount", type="validation_failure"
    )
    assert str(rejected).endswith(
        "invalid_taxamount (voucherItems[0].taxAmount), missing_entity (voucherNumber)"
    )
    assert rejected.request_id == "r-1"


def test_issues_are_read_from_the_regular_shape_without_their_text() -> None:
    rejected = answered(406, REGULAR)
    assert isinstance(rejected, BooksRefusal)
    assert rejected.issues == (Issue(key="NOTNULL", source="lineItems[0]", type="regular"),)
    assert rejected.request_id == "t-1"
    assert "leer" not in str(rejected)


def test_the_gateway_speaks_of_the_connection_and_never_of_the_document() -> None:
    for call in (POST, GET):
        refused = answered(402, {"message": "Payment Required"}, call)
        assert isinstance(refused, DeniedForNow)
        assert refused.denial is ContractProblem
        forbidden = answered(403, {"message": "Forbidden"}, call)
        assert isinstance(forbidden, DeniedForNow)
        assert forbidden.denial is AccessDenied
        assert isinstance(answered(404, {"message": "Not Found"}, call), RouteUnknown)
