"""What can be wrong with a request whatever it is about, and with us."""

from api.problems.problem import Problem


class InternalError(Problem):
    """Something of ours broke; the request id finds it in the log."""


class DatabaseUnavailable(Problem):
    """The database does not answer at the moment."""

    status = 503
    code = "database_unavailable"
    title = "The database does not answer, try again"


class BadRequest(Problem):
    """The request could not be read at all."""

    status = 400
    code = "bad_request"
    title = "The request cannot be read"


class BadCursor(Problem):
    """The cursor was not made by this service, or for other filters."""

    status = 400
    code = "bad_cursor"
    title = "The cursor does not belong to this list"
    detail = "Use next_cursor of the page before with the same filters, or start without a cursor."


class Unauthenticated(Problem):
    """There is no valid bearer token."""

    status = 401
    code = "unauthenticated"
    title = "A valid bearer token is needed"


class Forbidden(Problem):
    """The token is valid but may not do this."""

    status = 403
    code = "forbidden"
    title = "The token may not do this"


class NotFound(Problem):
    """There is no such thing, or it belongs to another tenant."""

    status = 404
    code = "not_found"
    title = "There is no such thing here"


class MethodNotAllowed(Problem):
    """The address exists but not for this method."""

    status = 405
    code = "method_not_allowed"
    title = "This address does not take that method"


class Conflict(Problem):
    """Somebody changed the same thing at the same moment."""

    status = 409
    code = "conflict"
    title = "Somebody changed the same thing at the same time, try again"


class InvalidRequest(Problem):
    """The request was read but does not fit; `errors` points at each part."""

    status = 422
    code = "invalid_request"
    title = "The request does not fit the description of this address"


class IdempotencyKeyReused(Problem):
    """The same key came with another request."""

    status = 422
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
