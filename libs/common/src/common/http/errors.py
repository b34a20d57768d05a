"""What can go wrong with an outgoing request, whoever is asked.

TransientError
├── Unreachable             a read got no answer
├── ServerTrouble           a read was answered with 5xx
├── UnreadableAnswer        a read was answered with something else than promised
├── UpstreamRests           nothing was asked: the other side rests after trouble
└── RequestNotExecuted      a write that surely did not happen
    ├── RateLimitWait       our own limit: nothing was sent
    ├── RateLimited         429: the other side's limit
    ├── Unauthorized        401: the credentials of this moment are refused
    └── Withdrawn           the request was given up before its last byte
UnknownOutcomeError
└── OutcomeLost             a write without a usable answer
    └── PageInstead         a page for people
RefusedError
├── NotFound                404: not there, or not there yet
└── RequestUnfit            4xx about this one request: it does not fit the other side's rules
"""

from datetime import timedelta

from common.errors import RefusedError, TransientError, UnknownOutcomeError


class Unreachable(TransientError):
    """No answer came to a request that may be repeated."""

    code = "http.unreachable"


class ServerTrouble(TransientError):
    """The other side failed at a request that may be repeated."""

    code = "http.server_trouble"


class UnreadableAnswer(TransientError):
    """The answer to a read is not what its status promises."""

    code = "http.unreadable_answer"


class UpstreamRests(TransientError):
    """The other side had trouble lately and is left alone for a while; nothing was asked."""

    code = "http.upstream_rests"


class RequestNotExecuted(TransientError):
    """The request surely had no effect and may work later."""

    code = "http.not_executed"


class RateLimitWait(RequestNotExecuted):
    """The next free slot is too far away to wait for it here; none was taken."""

    code = "http.rate_limit_wait"


class RateLimited(RequestNotExecuted):
    """The other side answered 429."""

    code = "http.rate_limited"

    def __init__(self, *, retry_after: timedelta | None = None) -> None:
        super().__init__("too many requests", retry_after=retry_after)


class Unauthorized(RequestNotExecuted):
    """The credentials were refused; newer ones may be there for the next try."""

    code = "http.unauthorized"


class Withdrawn(RequestNotExecuted):
    """The last byte was never sent, so the other side cannot carry the request out."""

    code = "http.withdrawn"


class OutcomeLost(UnknownOutcomeError):
    """A write was sent as a whole and its answer is missing or unusable."""

    code = "http.outcome_lost"


class PageInstead(OutcomeLost):
    """A write was answered with a page for people, by somebody in between."""

    code = "http.page_instead"


class NotFound(RefusedError):
    """The other side does not know the thing asked for, at least not yet."""

    code = "http.not_found"


class RequestUnfit(RefusedError):
    """The request does not fit the other side's rules; it says nothing of any other request."""

    code = "http.request_unfit"
