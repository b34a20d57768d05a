"""The error bodies of Lexware Office: legacy issue lists, regular errors, the gateway's messages."""

import secrets
from collections.abc import Sequence
from typing import Any

from sandbox.http import Answer, Call, Refused, json_answer
from sandbox.lexware.values import berlin_moment

GATEWAY_MESSAGES = {
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    429: "Rate limit exceeded",
    500: "Internal server error or rate limit exceeded",
    503: "Service Unavailable",
    504: "Endpoint request timed out",
}

_ERROR_TYPES = {401: b"UnauthorizedException", 403: b"ForbiddenException"}
_REASONS = {
    400: "Bad Request",
    404: "Not Found",
    406: "Not Acceptable",
    409: "Conflict",
    415: "Unsupported Media Type",
}

Issue = dict[str, Any]


def gateway(status: int) -> Answer:
    """Return what the gateway in front of the API answers by itself."""
    kind = _ERROR_TYPES.get(status)
    headers = () if kind is None else ((b"x-amzn-errortype", kind),)
    return json_answer(status, {"message": GATEWAY_MESSAGES[status]}, headers)


def issue(key: str, source: str, kind: str = "validation_failure") -> Issue:
    """Return one entry of a legacy issue list."""
    return {"i18nKey": key, "source": source, "type": kind, "additionalData": None, "args": None}


def legacy(status: int, issues: Sequence[Issue]) -> Refused:
    """Return the refusal of contacts, files and vouchers."""
    return Refused(json_answer(status, {"requestId": secrets.token_hex(16), "IssueList": list(issues)}))


def flat(status: int, one: Issue) -> Refused:
    """Return the refusal of an upload form: a single issue without the list around it."""
    return Refused(json_answer(status, one))


def legacy_not_found() -> Refused:
    """Return the refusal for an id nobody knows, or not yet."""
    return legacy(404, [issue("missing_entity", "id", "bad_request_error")])


def malformed() -> Refused:
    """Return the refusal of a body that is no usable JSON."""
    return legacy(400, [issue("invalid_value", "body", "bad_request_error")])


def regular(status: int, call: Call, message: str, details: Sequence[Issue] = ()) -> Refused:
    """Return the refusal of every other endpoint."""
    body = {
        "timestamp": berlin_moment(),
        "status": status,
        "error": _REASONS[status],
        "path": call.path,
        "traceId": secrets.token_hex(6),
        "message": message,
    }
    if details:
        body["details"] = list(details)
    return Refused(json_answer(status, body))
