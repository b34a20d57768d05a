"""The answers of a shop that are none, as our errors; whose word a 4xx is, its body says, not its number."""

from datetime import UTC, datetime, timedelta

from common.errors import ConnectorError, RefusedError, TransientError
from common.shops.epages.words import is_own_word

MIN_RATE_WAIT = timedelta(seconds=60)
MAX_RATE_WAIT = timedelta(seconds=3600)


class ShopRefused(RefusedError):
    """The shop does not accept our token any more, or it lacks a scope."""

    code = "epages.refused"


class NotFound(ConnectorError):
    """The shop has nothing (any more) under this address."""

    code = "epages.not_found"


class NotAShop(ConnectorError):
    """Something answers there with JSON, but not as a shop does."""

    code = "epages.not_a_shop"


class RequestRejected(RefusedError):
    """The shop calls our request wrong; sending it again changes nothing."""

    code = "epages.request_rejected"


class RateLimited(TransientError):
    """The calls of this hour are used up; `retry_after` says when the shop refills them."""

    code = "epages.rate_limited"


class ShopUnavailable(TransientError):
    """The shop did not give a usable answer: an outage, a page for people, or a cut-off body."""

    code = "epages.unavailable"


class AnswerEncodingRefused(TransientError):
    """The shop's server packs its answers in a way we neither asked for nor unpack."""

    code = "answer_encoding_refused"


class ShopUnreachable(ShopUnavailable):
    """Nobody listens there, or the host's name leads nowhere."""


class SomethingElseAnswers(ShopUnavailable):
    """A redirect or a page for people comes where the shop's own words are expected."""

    code = "epages.something_else_answers"


class ForeignRefusal(ShopUnavailable):
    """Somebody in front of the shop refuses our calls: a firewall, a proxy, a page of maintenance."""

    code = "epages.foreign_refusal"


class AnswerTooLarge(TransientError):
    """The answer is larger than we are willing to hold."""

    code = "epages.answer_too_large"


def error_for(status: int, path: str, content: bytes, resets_at: datetime | None) -> ConnectorError:
    """The error of an answer to GET `path` that is not 2xx; a refusal only when the shop itself spoke."""
    said = f"GET {path or '/'}: {status}"
    if status == 429:
        return RateLimited(said, retry_after=rate_wait(resets_at, datetime.now(UTC)))
    if status < 400:
        return SomethingElseAnswers(said)
    if status in (408, 409) or status >= 500:
        return ShopUnavailable(said)
    if not is_own_word(status, path, content):
        return (SomethingElseAnswers if status in (404, 410) else ForeignRefusal)(said)
    if status in (401, 403):
        return ShopRefused(said)
    return NotFound(said) if status in (404, 410) else RequestRejected(said)


def rate_wait(resets_at: datetime | None, now: datetime) -> timedelta:
    """How long to stay away: until the reset, at least a minute, at most an hour."""
    if resets_at is None:
        return MIN_RATE_WAIT
    return min(max(resets_at - now, MIN_RATE_WAIT), MAX_RATE_WAIT)
