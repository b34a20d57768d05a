"""Words that columns keep: each list is closed, a word never changes its meaning, new ones are added."""

from enum import StrEnum


class DocumentStatus(StrEnum):
    """Where a document stands with the books."""

    BOOKED = "booked"  # the books hold its voucher
    PARKED = "parked"  # the books or a rule refuse it; a person or a setting must act
    EXCLUDED = "excluded"  # a rule of the merchant, or a person, keeps it out of the books
    WAITING = "waiting"  # it is tried again by itself


class FileState(StrEnum):
    """How a document's file stands at its voucher."""

    ATTACHED = "attached"  # the voucher has it
    PENDING = "pending"  # it is to be attached
    REFUSED = "refused"  # the books do not take it
    MISSING = "missing"  # the shop has none, or our copy is lost
    NOT_WANTED = "not_wanted"  # the merchant wants no files in the books


class PdfState(StrEnum):
    """How the file of a document stands in our archive."""

    STORED = "stored"  # its bytes are kept
    PENDING = "pending"  # the shop is asked for it again
    MISSING = "missing"  # the shop was asked long enough


class Lane(StrEnum):
    """Fresh facts go before a backfill, which always keeps a share."""

    LIVE = "live"
    HISTORY = "history"


class ConnectionKind(StrEnum):
    """What a connection leads to."""

    SHOP = "shop"  # where documents come from
    BOOKS = "books"  # where vouchers go


class ConnectionState(StrEnum):
    """Whether a connection is worked with."""

    ACTIVE = "active"  # it is
    DISABLED = "disabled"  # a person put it out of use
    RECONNECT_NEEDED = "reconnect_needed"  # the other side refuses us until a person connects it again
    HALTED = "halted"  # its line stands still until a person decides


class StateReason(StrEnum):
    """Why a connection is not active."""

    DISABLED_BY_USER = "disabled_by_user"  # a person of the tenant wanted it so
    RELEASED = "released"  # an operator set it free for another tenant
    ORGANIZATION_CHANGED = "organization_changed"  # other books were connected, and a person must decide
    AWAITS_CONFIRMATION = "awaits_confirmation"  # it leads to those other books
    ORGANIZATION_REPLACED = "organization_replaced"  # others took its place


class AuthKind(StrEnum):
    """What a connection proves itself with."""

    TOKEN = "token"  # a shop's access token
    API_KEY = "api_key"  # a key that a person made in the books
    OAUTH = "oauth"  # a token pair that is refreshed


class TokenPairState(StrEnum):
    """Whether a token pair can be refreshed."""

    VALID = "valid"
    RECONNECT_NEEDED = "reconnect_needed"  # it was refused or lost; a person must connect again


class BoundHow(StrEnum):
    """How an object of the other side came to stand for a fact of ours."""

    WRITTEN = "written"  # the answer to our write named it
    RECONCILED = "reconciled"  # a search found it by our marker
    ADOPTED = "adopted"  # somebody else had written it


class AttemptState(StrEnum):
    """How one try of an external write stands."""

    OPEN = "open"  # it may have happened, or may happen yet
    PARKED = "parked"  # likewise, and a person must look
    BOUND = "bound"  # it happened, and its object is known
    REFUSED = "refused"  # the other side said no: it did not happen
    WITHDRAWN = "withdrawn"  # it was not sent to its end: it did not happen
    ABSENT = "absent"  # searches proved that it did not happen
    RELEASED = "released"  # a person said that it counts no more (nothing to do with released documents)


class MessageState(StrEnum):
    """How a message stands in the inbox."""

    READY = "ready"  # to be worked in its turn
    DONE = "done"  # worked
    IGNORED = "ignored"  # of a type this release does not know
    DEAD = "dead"  # our code could not process it; it holds back its key
    DISCARDED = "discarded"  # a person gave it up


class DeadLetterState(StrEnum):
    """What became of a message our code could not process."""

    KEPT = "kept"  # it waits for a person
    REPLAYED = "replayed"  # it was put back in line
    DISCARDED = "discarded"  # a person gave it up


class BreakerState(StrEnum):
    """Whether calls of one kind are made to the books of a connection."""

    CLOSED = "closed"  # they are
    OPEN = "open"  # none is before its time
    ONE_MAY_TRY = "one_may_try"  # one is, and its answer decides


class RefusedBy(StrEnum):
    """What the books refuse calls for."""

    CREDENTIALS = "credentials"  # the key or token pair
    CONTRACT = "contract"  # the merchant's contract with the books does not have them
    RIGHTS = "rights"  # what was consented to does not cover them


class SweepKind(StrEnum):
    """Which orders a sweep looks at once more."""

    NIGHTLY = "nightly"  # those changed in two days
    WEEKLY = "weekly"  # those placed in ninety days


class ContactKind(StrEnum):
    """What a customer is in the books."""

    COMPANY = "company"
    PERSON = "person"
    NOBODY = "nobody"  # the books say neither


class ContactState(StrEnum):
    """Whether a customer record of the books can be used."""

    ACTIVE = "active"
    ARCHIVED = "archived"  # the books refuse vouchers for it
    GONE = "gone"  # neither a look by its id nor a whole reading shows it


class VatResult(StrEnum):
    """What is known of a VAT id."""

    VALID = "valid"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"  # the authority gave no answer; never kept


class Role(StrEnum):
    """What a token may do: an operator all, a merchant all of its tenant, an adviser look."""

    OPERATOR = "operator"
    MERCHANT = "merchant"
    ADVISER = "adviser"


class SaidOfDouble(StrEnum):
    """What was said last of a voucher that seemed to be one too many."""

    REPORTED = "reported"  # an alarm tells of it
    SEEN = "seen"  # a person: both are right
    KEPT = "kept"  # a person: this one stays
    DELETED = "deleted"  # a person: this one was deleted in the books


ALL = (
    DocumentStatus,
    FileState,
    PdfState,
    Lane,
    ConnectionKind,
    ConnectionState,
    StateReason,
    AuthKind,
    TokenPairState,
    BoundHow,
    AttemptState,
    MessageState,
    DeadLetterState,
    BreakerState,
    RefusedBy,
    SweepKind,
    ContactKind,
    ContactState,
    VatResult,
    Role,
    SaidOfDouble,
)
