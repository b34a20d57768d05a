"""RFC 9457 problems: one class per kind, and what a route declares about them."""

from typing import Any

from api.http.problem import PROBLEM_JSON, Problem
from common.domain.connection_troubles import TROUBLES, ConnectionTrouble

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}


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


class FileNotStored(Problem):
    """The shop has not delivered a file for the document."""

    status = 404
    code = "file_not_stored"
    title = "The shop has not delivered a file for this document"


class EInvoiceNotStored(Problem):
    """The document has no file, or its file carries no e-invoice."""

    status = 404
    code = "einvoice_not_stored"
    title = "The document's file carries no e-invoice"


class VatIdNotChecked(Problem):
    """The decision about the document depended on no check of a VAT id."""

    status = 404
    code = "vat_id_not_checked"
    title = "The document depended on no check of a VAT id"


class VatProofNotStored(Problem):
    """No answer of the authority was used yet, or the id's form was answer enough."""

    status = 404
    code = "vat_proof_not_stored"
    title = "There is no answer of the authority behind this check"


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


class NotParked(Problem):
    """Only parked documents can be tried again or resolved."""

    status = 409
    code = "not_parked"
    title = "The document is not parked"


class NotResolvable(Problem):
    """The reason of a parked document leaves no such choice."""

    status = 409
    code = "not_resolvable"
    title = "The document's reason does not offer this choice"


class FileNotAttachable(Problem):
    """There is no voucher or no file yet, or the file is attached already."""

    status = 409
    code = "file_not_attachable"
    title = "The document has no voucher or no file, or its file is attached"


class OneByOne(Problem):
    """Each document with this reason needs a decision of its own."""

    status = 409
    code = "one_by_one"
    title = "Documents with this reason are decided one by one"


class DeadLetterClosed(Problem):
    """The dead letter was replayed or discarded before."""

    status = 409
    code = "dead_letter_closed"
    title = "The dead letter was dealt with before"


class ConnectionNotUsable(Problem):
    """The connection's kind or state does not allow it."""

    status = 409
    code = "connection_not_usable"
    title = "The connection's kind or state does not allow this"


class BooksConnectionExists(Problem):
    """A tenant has one books connection."""

    status = 409
    code = "books_connection_exists"
    title = "The tenant has another books connection in use"


class CategoriesNotRead(Problem):
    """The books were not read yet: without books in use never, after linking them within a minute."""

    status = 409
    code = "categories_not_read"
    title = "The books' categories are not known yet"


class NothingToConfirm(Problem):
    """No other organization waits for a person's word."""

    status = 409
    code = "nothing_to_confirm"
    title = "No change of organization waits for a confirmation"


class VersionOutdated(Problem):
    """The change was made on an older version than the newest."""

    status = 412
    code = "version_outdated"
    title = "The settings were changed in the meantime"


class PreconditionRequired(Problem):
    """A change must say which version it was made on, or that any will do."""

    status = 428
    code = "precondition_required"
    title = "The change does not say which version it was made on"
    detail = (
        "Send the ETag of what you read as If-Match, or its number as version in the body; "
        "If-Match: * replaces whatever is there."
    )


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


class AddressRefused(Problem):
    """The address is no public https address."""

    status = 422
    code = "address_refused"
    title = "The address is not allowed"


class CredentialsRefused(Problem):
    """The other side refused the token or key."""

    status = 422
    code = "credentials_refused"
    title = "The other side refused the token or key"


class NoSuchUpstream(Problem):
    """The address answers, but not as a shop or books interface does."""

    status = 422
    code = "upstream_not_recognised"
    title = "The address does not answer as expected"


class AnswerEncodingRefused(Problem):
    """The address answers in a compression nobody asked for; the answer was not read."""

    status = 422
    code = "answer_encoding_refused"
    title = "The other side compresses its answers in a way that was not asked for"
    detail = TROUBLES[ConnectionTrouble.ANSWER_ENCODING_REFUSED].remedy_en


class ForeignRefusal(Problem):
    """Something in front of the shop refuses our calls; the shop itself gave no answer."""

    status = 422
    code = "foreign_refusal"
    title = "Something in front of the shop refuses the calls"
    detail = TROUBLES[ConnectionTrouble.FOREIGN_REFUSAL].remedy_en


class BookkeepingMissing(Problem):
    """The organization's plan has no bookkeeping."""

    status = 422
    code = "bookkeeping_missing"
    title = "The organization's plan has no bookkeeping"


class UpstreamUnavailable(Problem):
    """The other side does not answer at the moment."""

    status = 503
    code = "upstream_unavailable"
    title = "The other side does not answer, try again"


ALWAYS: tuple[type[Problem], ...] = (BadRequest, InternalError, DatabaseUnavailable)
BEHIND_TOKEN: tuple[type[Problem], ...] = (Unauthenticated, Forbidden, InvalidRequest)


def kinds() -> dict[str, type[Problem]]:
    """Every problem this interface can answer with, by code."""
    return {kind.code: kind for kind in Problem.__subclasses__()}


def problems(*declared: type[Problem], token: bool = True) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its `responses`; what every route can answer is added."""
    wanted = dict.fromkeys((*declared, *(BEHIND_TOKEN if token else ()), *ALWAYS))
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in sorted(wanted, key=lambda kind: (kind.status, kind.code)):
        answer = responses.setdefault(
            kind.status,
            {"description": "", "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA, "examples": {}}}},
        )
        answer["description"] = "; ".join(filter(None, (answer["description"], kind.title)))
        answer["content"][PROBLEM_JSON]["examples"][kind.code] = {"value": kind().body("9f2c7f0e5f6a4b7d")}
    return responses
