"""Lexware's answers as our errors; its four body shapes are read defensively.

A write answered with 4xx surely did not happen; one answered with anything else but a usable 2xx is unknown.

TransientError
├── BooksUnavailable        5xx to a read
├── NotExecuted family      see common.http.errors: 429, 401, a withdrawn request
RefusedError
├── ReconnectNeeded         the connection's credentials are gone
├── BooksNotConnected       there is no usable connection
├── ContractProblem         402
├── AccessDenied            403
├── NotFound                404, see common.http.errors
├── Conflict                409, or 406 about the version
└── RequestRejected         400, 406 and other 4xx
    ├── VoucherRejected
    ├── FileRejected
    └── ContactRejected
UnknownOutcomeError
└── OutcomeLost             see common.http.errors
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from common.errors import ConnectorError, RefusedError
from common.http.client import Call
from common.http.errors import NotFound, OutcomeLost, ServerTrouble, Unauthorized
from common.http.redact import loggable_path
from common.http.retry import retry_after
from common.http.transport import Response
from common.lexware.wire import read_json

ISSUES_SHOWN = 20


class Issue(BaseModel):
    """One thing Lexware objects to: its machine key, where, and of what kind."""

    model_config = ConfigDict(frozen=True)

    key: str | None = None
    source: str | None = None
    type: str | None = None

    def __str__(self) -> str:
        return f"{self.key or 'unknown'} ({self.source})" if self.source else self.key or "unknown"


class BooksUnavailable(ServerTrouble):
    """Lexware failed at a read."""

    code = "lexware.unavailable"


class BooksRefusal(RefusedError):
    """Lexware said no; `issues` say to what, `request_id` is for its support."""

    code = "lexware.refused"

    def __init__(self, said: str, issues: Sequence[Issue] = (), *, request_id: str | None = None) -> None:
        self.issues, self.request_id = tuple(issues), request_id
        super().__init__(f"{said}: {', '.join(map(str, self.issues))}" if self.issues else said)


class ReconnectNeeded(BooksRefusal):
    """The credentials of the connection are gone for good; the merchant must connect again."""

    code = "lexware.reconnect_needed"


class BooksNotConnected(BooksRefusal):
    """There is no such connection, or it has no credentials."""

    code = "lexware.not_connected"


class ContractProblem(BooksRefusal):
    """The organization's contract with Lexware does not allow it."""

    code = "lexware.contract_problem"


class AccessDenied(BooksRefusal):
    """A scope or right is missing, or the object belongs to another organization."""

    code = "lexware.access_denied"


class Conflict(BooksRefusal):
    """Somebody changed the object since it was read."""

    code = "lexware.conflict"


class RequestRejected(BooksRefusal):
    """The request does not fit Lexware's rules."""

    code = "lexware.request_rejected"


class VoucherRejected(RequestRejected):
    """The voucher does not fit; a person must correct the document or the settings."""

    code = "lexware.voucher_rejected"


class FileRejected(RequestRejected):
    """The file is not taken; the voucher stays without it."""

    code = "lexware.file_rejected"


class ContactRejected(RequestRejected):
    """The contact does not fit."""

    code = "lexware.contact_rejected"


def error_for(call: Call, response: Response) -> ConnectorError:
    """The error of a non-2xx answer."""
    said, status = f"{call.method} {loggable_path(call.path)}: {response.status}", response.status
    if not 400 <= status < 500:
        if call.safe:
            return BooksUnavailable(said, retry_after=retry_after(response))
        return OutcomeLost(said)
    if status == 401:
        return Unauthorized(said)
    if status == 404:
        return NotFound(said)
    issues, request_id = issues_of(response.content), request_id_of(response)
    if status == 409 or any(issue.source == "version" for issue in issues):
        return Conflict(said, issues, request_id=request_id)
    kinds: dict[int, type[BooksRefusal]] = {402: ContractProblem, 403: AccessDenied}
    return kinds.get(status, _rejection(call.path))(said, issues, request_id=request_id)


def issues_of(content: bytes) -> tuple[Issue, ...]:
    """What the body objects to, whichever shape it has; nothing when it has none."""
    body = _object(content)
    legacy, regular = body.get("IssueList"), body.get("details")
    if isinstance(legacy, list):
        return tuple(
            Issue(key=_text(issue, "i18nKey"), source=_text(issue, "source"), type=_text(issue, "type"))
            for issue in legacy[:ISSUES_SHOWN]
        )
    if isinstance(regular, list) and regular:
        return tuple(
            Issue(key=_text(issue, "violation"), source=_text(issue, "field"), type="regular")
            for issue in regular[:ISSUES_SHOWN]
        )
    return ()


def request_id_of(response: Response) -> str | None:
    """The id to quote towards Lexware's support."""
    body = _object(response.content)
    return _text(body, "requestId") or _text(body, "traceId") or response.request_id


def _rejection(path: str) -> type[RequestRejected]:
    if path.endswith("/files") or path.startswith("/v1/files"):
        return FileRejected
    if path.startswith("/v1/vouchers"):
        return VoucherRejected
    return ContactRejected if path.startswith("/v1/contacts") else RequestRejected


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = read_json(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(body: Any, name: str) -> str | None:
    value = body.get(name) if isinstance(body, dict) else None
    return value[:200] if isinstance(value, str) else None
