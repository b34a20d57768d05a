"""How a run ends: in one word, when its shop is due again, and what the row says of its failures then."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.backoff import Backoff
from common.db.trouble import describe
from common.domain.cleaning import storable
from common.domain.connection_troubles import ConnectionTrouble
from common.errors import ConnectorError, TransientError
from common.shops.address import AddressRefused
from common.shops.epages.errors import (
    AnswerEncodingRefused,
    ForeignRefusal,
    ShopRefused,
    SomethingElseAnswers,
)
from ingest.polling.state import RESET_FAILURES, CursorFailures, ShopLease
from ingest.settings import PollSettings

log = structlog.get_logger(__name__)

ERROR_LENGTH = 500
REFUSAL_LOOKS = 5  # how often a refusing shop is asked before it may count as disconnected
TROUBLE_OF: dict[type[Exception], ConnectionTrouble] = {
    AnswerEncodingRefused: ConnectionTrouble.ANSWER_ENCODING_REFUSED,
    AddressRefused: ConnectionTrouble.ADDRESS_REFUSED,
    ForeignRefusal: ConnectionTrouble.FOREIGN_REFUSAL,
    SomethingElseAnswers: ConnectionTrouble.SOMETHING_ELSE_ANSWERS,
}


class PollEnd(StrEnum):
    """How a run ended; the words of a metric."""

    GOOD = "good"  # everything was read that the budget allowed
    STOPPED = "stopped"  # the process ends, or another one holds the lease
    FAILED = "failed"  # the shop was away, or something broke
    REFUSED = "refused"  # the shop does not accept our token


@dataclass(frozen=True, slots=True)
class PollResult:
    """How a run ended and when its shop is due again; without `failures` it says nothing of the shop."""

    end: PollEnd
    next_poll_seconds: float
    failures: CursorFailures | None = None


STOPPED = PollResult(PollEnd.STOPPED, 0)


def good_result(poll_interval_seconds: float) -> PollResult:
    """The result of a run that raised nothing: whatever was wrong with the shop is over."""
    return PollResult(PollEnd.GOOD, poll_interval_seconds, RESET_FAILURES)


def failed_result(lease: ShopLease, error: Exception, poll: PollSettings) -> PollResult:
    """The result of a run that ended with this error, which is logged."""
    if isinstance(error, ShopRefused):
        return _refused_result(lease, error, poll)
    before = lease.state.failures
    failures = before.failures + 1
    seconds = Backoff(poll.first_backoff, poll.longest_backoff).seconds(before.failures)
    if isinstance(error, TransientError) and error.retry_after is not None:
        seconds = error.retry_after.total_seconds()
    if isinstance(error, ConnectorError):
        log.warning("shop.poll_failed", **lease.state.ids(), error=error.code, failures=failures)
    else:
        log.error("shop.poll_broke", **lease.state.ids(), failures=failures, exc_info=error)
    now_failing = replace(before, failures=failures, failing_since=before.failing_since or lease.now)
    return PollResult(PollEnd.FAILED, seconds, _naming(error, now_failing))


def _refused_result(lease: ShopLease, error: ShopRefused, poll: PollSettings) -> PollResult:
    before = lease.state.failures
    refused = replace(
        _naming(error, before),
        failing_since=None,  # the shop answered, in words of its own
        refusals=before.refusals + 1,
        first_refused_at=before.first_refused_at or lease.now,
    )
    gone = is_disconnected(lease, refusals=poll.refusals, refused_for=poll.refused_for)
    if before.disconnected_at is not None or gone:
        log.warning("shop.disconnected", **lease.state.ids())
        disconnected = replace(refused, disconnected_at=before.disconnected_at or lease.now)
        return PollResult(PollEnd.REFUSED, poll.disconnected_every, disconnected)
    log.warning("shop.refused", **lease.state.ids(), refusals=refused.refusals)
    return PollResult(
        PollEnd.REFUSED, min(poll.refused_for / REFUSAL_LOOKS, poll.disconnected_every), refused
    )


def is_disconnected(lease: ShopLease, *, refusals: int, refused_for: float) -> bool:
    """Whether one more refusal now makes so many in a row over so long a time."""
    before = lease.state.failures
    first = before.first_refused_at or lease.now
    return before.refusals + 1 >= refusals and lease.now - first >= timedelta(seconds=refused_for)


def _naming(error: Exception, failures: CursorFailures) -> CursorFailures:
    return replace(failures, last_error=error_text(error), trouble=TROUBLE_OF.get(type(error)))


def error_text(error: Exception) -> str:
    """What is kept of an error: its kind and, when it is our own, its message; others may quote data."""
    if isinstance(error, ConnectorError):
        return storable(f"{type(error).__name__}: {error}"[:ERROR_LENGTH])
    return describe(error) if isinstance(error, SQLAlchemyError) else type(error).__name__
