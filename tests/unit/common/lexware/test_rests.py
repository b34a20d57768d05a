"""What is said of a connection that rests or is refused, without asking the books."""

from uuid import UUID

from common.db.breakers import CallKind
from common.db.types import unknown_word
from common.domain.stored_words import BreakerState, RefusedBy
from common.lexware.breakers import View, _rest
from common.lexware.errors import AccessDenied, ReconnectNeeded

CALLS = CallKind(UUID(int=1), UUID(int=2), "vouchers.write")


def refused_by(word: RefusedBy) -> type[Exception]:
    return type(_rest(CALLS, View(BreakerState.OPEN, 0.0, word), 1.0))


def test_a_refusal_is_told_as_what_it_was() -> None:
    assert refused_by(RefusedBy.CREDENTIALS) is ReconnectNeeded


def test_a_refusal_that_a_newer_release_tells_apart_is_a_refusal_still() -> None:
    assert refused_by(unknown_word(RefusedBy, "suspended")) is AccessDenied
