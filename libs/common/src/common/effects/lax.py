"""The schedule of a write whose repeat does no harm: less is asked before it is made again; pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.backoff import Backoff
from common.effects.effect import Parked
from common.effects.searches import NO_REST, ReconcileSchedule, Search, pause_at
from common.later import Later


@dataclass(frozen=True, slots=True)
class LaxSchedule(ReconcileSchedule):
    """For what the other side keeps only once however often it comes, such as a file with equal bytes.

    A doubt is still looked at before anything is repeated, but one look is enough whatever the clocks say, no
    last byte is held back, and nobody is called for a look that tells nothing or for an answer that comes too
    late. What leaves nothing is repeated `at_once` so often, then after rests that double up to the longest,
    until `most_absent` have left nothing: then a person has to ask for another.
    """

    word: str = ""
    most_absent: int = 20
    at_once: int = 3
    longest_rest: timedelta = timedelta(hours=1)

    @property
    def gate_seconds(self) -> float:
        """For ever: a repeat does no harm, so a slow one does none either."""
        return math.inf

    @property
    def late_answers_matter(self) -> bool:
        """They say at most that the other side was given the same twice."""
        return False

    def rest(self, absent: int) -> timedelta:
        """How long to wait after a write that left nothing, as so many before it."""
        if absent + 1 < self.at_once:
            return NO_REST
        first, longest = self.first_wait.total_seconds(), self.longest_rest.total_seconds()
        return timedelta(seconds=Backoff(first, longest).seconds(absent))

    def is_absent(self, armed_at: datetime, searches: Sequence[Search], *, clocks_doubted: bool) -> bool:
        """Whether the last look was complete and saw nothing."""
        return searches[-1].empty

    def wait(self, armed_at: datetime, searches: Sequence[Search], now: datetime) -> timedelta:
        """How long until an attempt is old enough to be looked for; zero from then on."""
        return max(armed_at + self.first_wait - now, NO_REST)

    def unsearched(self, armed_at: datetime, now: datetime, planned: Later, word: str) -> Later | Parked:
        """Later and later, for the reason that the look met."""
        return replace(planned, after=max(planned.after, pause_at(now - armed_at)))

    def unsettled(
        self, armed_at: datetime, now: datetime, planned: Later, said: str, word: str
    ) -> Later | Parked:
        """Later and later, for the reason that the look met; however long it lasts, nobody is called."""
        return self.unsearched(armed_at, now, planned, word)
