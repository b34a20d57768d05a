"""Lexware's answers as our errors; whose word a 4xx is, its body says and not its number.

A write that Lexware itself answered with 4xx surely did not happen. One answered with anything else but a
usable 2xx is unknown: somebody in between may refuse what was carried out.

TransientError
├── BooksUnavailable        a read answered with 5xx, or with a 4xx of somebody in between
├── ConnectionRests         nothing was asked: the connection rests after trouble
├── RequestNotExecuted      and its kind, see common.http.errors: 429, 401, a withdrawn request
│   ├── DeniedForNow        402, 403 of the gateway: about the connection, counted there
│   └── RouteUnknown        404 of the gateway: about the connection, weather
RefusedError
├── NotFound                404, see common.http.errors
└── BooksRefusal
    ├── ReconnectNeeded     the connection's credentials are gone
    ├── BooksNotConnected   there is no usable connection
    ├── ContractProblem     402
    ├── AccessDenied        403
    ├── Conflict            409, or 406 about the version
    └── RequestRejected     400, 406 and other 4xx
        ├── VoucherRejected
        ├── FileRejected
        └── ContactRejected
UnknownOutcomeError
└── OutcomeLost             see common.http.errors
    └── ForeignAnswer       a write answered with a 4xx of somebody in between
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from common.errors import ConnectorError, RefusedError
from common.http.errors import (
    NotFound,
    OutcomeLost,
    RateLimited,
    RequestNotExecuted,
    RequestUnfit,
    ServerTrouble,
    Unauthorized,
    UpstreamRests,
)
from common.http.health import Call
from common.http.redact import loggable_path
from common.http.retry import retry_after
from common.http.transport import Response
from common.lexware.answers import Issue, Shape, Word, word_of


class BooksUnavailable(ServerTrouble):
    """Lexware failed at a read, or somebody in between did."""

    code = "lexware.unavailable"


class ConnectionRests(UpstreamRests):
    """The connection rests after trouble; the message goes on when somebody was answered."""

    code = "lexware.connection_rests"


class DeniedForNow(RequestNotExecuted):
    """The gateway refused the connection this once; `denial` is what it becomes when it lasts."""

    code = "lexware.denied_for_now"

    def __init__(self, said: str, denial: "type[BooksRefusal]") -> None:
        self.denial = denial
        super().__init__(said)


class RouteUnknown(RequestNotExecuted):
    """The gateway knows no such route: the address or the service behind it is not what it was."""

    code = "lexware.route_unknown"


class ForeignAnswer(OutcomeLost):
    """Somebody between us and Lexware refused a write; whether it was carried out before, nobody knows."""

    code = "lexware.foreign_answer"


class BooksRefusal(RefusedError):
    """Lexware said no; `issues` say to what, `request_id` is for its support.

    `text` is what it said in its own words; it may hold data, so it is kept with the document and not logged.
    """

    code = "lexware.refused"

    def __init__(
        self,
        said: str,
        issues: Sequence[Issue] = (),
        *,
        text: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self.issues, self.text, self.request_id = tuple(issues), text, request_id
        super().__init__(f"{said}: {', '.join(map(str, self.issues))}" if self.issues else said)

    @property
    def told(self) -> str:
        """The issues, and where there are none Lexware's own text."""
        return f"{self}: {self.text}" if self.text and not self.issues else str(self)


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


class RequestRejected(BooksRefusal, RequestUnfit):
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


_OF_STATUS: Mapping[int, type[BooksRefusal]] = MappingProxyType(
    {402: ContractProblem, 403: AccessDenied, 409: Conflict}
)


def error_for(call: Call, response: Response) -> ConnectorError:
    """The error of a non-2xx answer."""
    said, status = f"{call.method} {loggable_path(call.path)}: {response.status}", response.status
    word = word_of(call.path, response) if 400 <= status < 500 else None
    if word is not None:
        return _refusal(call, status, said, word)
    if call.safe:
        return BooksUnavailable(said, retry_after=retry_after(response))
    return ForeignAnswer(said) if 400 <= status < 500 else OutcomeLost(said)


def _refusal(call: Call, status: int, said: str, word: Word) -> ConnectorError:
    """What Lexware's own word means."""
    if status == 401:
        return Unauthorized(said)
    is_of_gateway = word.shape is Shape.GATEWAY
    if is_of_gateway and status in (402, 403):
        return DeniedForNow(said, _OF_STATUS[status])
    if status == 404:
        return RouteUnknown(said) if is_of_gateway else NotFound(said)
    if status == 429:
        return RateLimited()
    kind = _OF_STATUS.get(status, _rejection(call.path))
    if any(issue.source == "version" for issue in word.issues):
        kind = Conflict
    return kind(said, word.issues, text=word.text, request_id=word.request_id)


def _rejection(path: str) -> type[RequestRejected]:
    if path.endswith("/files") or path.startswith("/v1/files"):
        return FileRejected
    if path.startswith("/v1/vouchers"):
        return VoucherRejected
    return ContactRejected if path.startswith("/v1/contacts") else RequestRejected
