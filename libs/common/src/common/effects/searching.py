"""Searches for what a write in doubt has made: when they are due, and what one means that says nothing.

However long a search says nothing, its attempt never counts as absent: it is looked for less and less often,
and then shown to a person. Only two complete searches, or that person, say that nothing is there.
"""

from datetime import datetime, timedelta

from common.backoff import Backoff
from common.domain.stored_words import AttemptState
from common.effects.attempts import Attempt
from common.effects.effect import Effect, Parked, Refused, SearchResult
from common.effects.searches import LONGEST_PAUSE_SECONDS, ReconcileSchedule, Search, search_of
from common.effects.witness import Witness
from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.errors import NotFound, RateLimitWait, RequestUnfit, UpstreamRests
from common.later import Later

TRY_AGAIN = Backoff(1.0, LONGEST_PAUSE_SECONDS)
INCOMPLETE = "search_incomplete"
NOT_YET = timedelta()


class Searching:
    """One search at a time for one attempt, with what this process knows of it by its own clock."""

    def __init__(self, schedule: ReconcileSchedule, witness: Witness) -> None:
        self._schedule, self._witness = schedule, witness

    async def search(
        self, effect: Effect, attempt: Attempt, now: datetime, reason: str | None = None
    ) -> Search | Later | Refused | Parked:
        """Search once it is due. Returns what it saw, or what becomes of the effect without."""
        self._witness.saw([attempt.attempt_id])
        word = reason or self._schedule.word
        wait = self._schedule.wait(attempt.armed_at, attempt.searches, now)
        if wait > NOT_YET:
            return Later(wait, word)
        started, known_for = self._witness.clock(), self._witness.known_for(attempt.attempt_id)
        try:
            result = await effect.search()
        except NotFound:
            result = SearchResult(complete=False)
        except (RateLimitWait, UpstreamRests) as trouble:  # no search was made
            return self._schedule.unsearched(attempt.armed_at, now, again(trouble, attempt.number), word)
        except (RequestUnfit, TransientError, UnknownOutcomeError) as trouble:
            planned = again(trouble, attempt.number)
            return self._schedule.unsettled(attempt.armed_at, now, planned, trouble.code, word)
        except RefusedError as error:
            return Refused(error)
        return search_of(now, self._witness.of_search(known_for, started), result)

    def distrust(self, attempt: Attempt, now: datetime | None) -> timedelta:
        """How long the attempt may still arrive, by the clock that says longer."""
        assert now is not None
        settings = self._schedule.settings
        by_database = attempt.armed_at + settings.trust_time - now
        if attempt.state != AttemptState.OPEN:
            return max(by_database, NOT_YET)
        self._witness.saw([attempt.attempt_id])
        left = settings.known_seconds - self._witness.known_for(attempt.attempt_id)
        return max(by_database, timedelta(seconds=left), NOT_YET)

    def after(
        self, attempt: Attempt, searches: tuple[Search, ...], reason: str | None = None
    ) -> Later | Parked:
        """When to search again, the last search having settled nothing."""
        last, word = searches[-1], reason or self._schedule.word
        planned = Later(self._schedule.wait(attempt.armed_at, searches, last.ended_at), word)
        if last.complete:
            return planned
        return self._schedule.unsettled(attempt.armed_at, last.ended_at, planned, INCOMPLETE, word)


def again(trouble: ConnectorError, tries: int) -> Later:
    """Later: when the other side says, else longer each time."""
    wish = trouble.retry_after if isinstance(trouble, TransientError) else None
    pause = timedelta(seconds=TRY_AGAIN.seconds(tries))
    return Later(pause if wish is None else wish, trouble.code, trouble.waits_for)
