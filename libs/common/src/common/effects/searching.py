"""Searches for what a write in doubt has made: when they are due, and what one means that says nothing.

However long a search says nothing, its attempt never counts as absent: it is looked for less and less often,
and then shown to a person. Only two complete searches, or that person, say that nothing is there.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from common.backoff import Backoff
from common.domain.reasons import Reason
from common.effects.attempts import Attempt
from common.effects.effect import Effect, Parked, Pending, Refused, SearchResult
from common.effects.searches import ReconcileSchedule, Search, search_of
from common.effects.witness import Witness
from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.errors import NotFound, RateLimitWait, RequestUnfit, UpstreamRests
from common.settings import EffectSettings

LONGEST_PAUSE_SECONDS = 300.0
TRY_AGAIN = Backoff(1.0, LONGEST_PAUSE_SECONDS)
PART_OF_AGE = 8  # a search that says nothing is repeated after this part of the time that it lasts already
UNCONFIRMED = Reason.WRITE_UNCONFIRMED.value
INCOMPLETE = "search_incomplete"
NOT_YET = timedelta()


class Searching:
    """One search at a time for one attempt, with what this process knows of it by its own clock."""

    def __init__(self, settings: EffectSettings, schedule: ReconcileSchedule, witness: Witness) -> None:
        self._settings, self._schedule, self._witness = settings, schedule, witness

    async def search(
        self, effect: Effect, attempt: Attempt, now: datetime, reason: str = UNCONFIRMED
    ) -> Search | Pending | Refused | Parked:
        """What the search saw, once it is due; else what becomes of the effect without."""
        self._witness.saw([attempt.attempt_id])
        wait = self._schedule.wait(attempt.armed_at, attempt.searches, now)
        if wait > NOT_YET:
            return Pending(wait, reason)
        started, known_for = self._witness.clock(), self._witness.known_for(attempt.attempt_id)
        try:
            result = await effect.search()
        except NotFound:
            result = SearchResult(complete=False)
        except (RateLimitWait, UpstreamRests) as trouble:  # no search was made
            return replace(again(trouble, attempt.number), reason=reason)
        except (RequestUnfit, TransientError, UnknownOutcomeError) as trouble:
            return self._unsettled(attempt, now, again(trouble, attempt.number), trouble.code, reason)
        except RefusedError as error:
            return Refused(error)
        return search_of(now, self._witness.of_search(known_for, started), result)

    def after(
        self, attempt: Attempt, searches: tuple[Search, ...], reason: str = UNCONFIRMED
    ) -> Pending | Parked:
        """When to search again, the last search having settled nothing."""
        last = searches[-1]
        planned = Pending(self._schedule.wait(attempt.armed_at, searches, last.ended_at), reason)
        if last.complete:
            return planned
        return self._unsettled(attempt, last.ended_at, planned, INCOMPLETE, reason)

    def _unsettled(
        self, attempt: Attempt, now: datetime, planned: Pending, said: str, reason: str
    ) -> Pending | Parked:
        """Later and later; once that has lasted, a person is told since when and why."""
        age = now - attempt.armed_at
        if age >= timedelta(seconds=self._settings.unsettled_after):
            params = {"since": attempt.armed_at.isoformat(), "said": said}
            return Parked(Reason.WRITE_UNSETTLED.value, params)
        pause = min(age / PART_OF_AGE, timedelta(seconds=LONGEST_PAUSE_SECONDS))
        return Pending(max(planned.retry_after, pause), reason, planned.waits_for)


def again(trouble: ConnectorError, tries: int) -> Pending:
    """Later: when the other side says, else longer each time."""
    wish = trouble.retry_after if isinstance(trouble, TransientError) else None
    pause = timedelta(seconds=TRY_AGAIN.seconds(tries))
    return Pending(pause if wish is None else wish, trouble.code, trouble.waits_for)
