"""Problems of linking shops and books."""

from api.problems.problem import Problem
from common.domain.connection_troubles import TROUBLES, ConnectionTrouble


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


class NothingToConfirm(Problem):
    """No other organization waits for a person's word."""

    status = 409
    code = "nothing_to_confirm"
    title = "No change of organization waits for a confirmation"


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
