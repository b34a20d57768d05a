"""When to look for what an attempt without an answer made, and when not finding it means something; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from common.domain.reasons import WriteReason
from common.effects.effect import Parked, SearchResult
from common.effects.witness import Witnessed
from common.later import Later
from common.settings import EffectSettings

SEARCHES_KEPT = 20
LONGEST_PAUSE_SECONDS = 300.0
PART_OF_AGE = 8  # a search that says nothing is repeated after this part of the time that it lasts already
NO_REST = timedelta()


@dataclass(frozen=True, slots=True)
class Search:
    """One search: its moments by the database's clock, and what it saw.

    `started_at` was read before the search began, so it is never too late; `ended_at` is never too early.
    `witness` is what the process that searched knew by its own clock; searches of older releases have none.
    """

    started_at: datetime
    ended_at: datetime
    complete: bool
    marked: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    witness: Witnessed | None = None

    @property
    def empty(self) -> bool:
        """Whether it was complete and saw nothing."""
        return self.complete and not (self.marked or self.unmarked or self.elsewhere)

    def without(self, accepted: Collection[str], *, despite: bool) -> "Search":
        """The search without what a person said is not ours, or is to stand in no way."""
        elsewhere = () if despite else self.elsewhere
        unmarked, elsewhere = (
            tuple(one for one in seen if one not in accepted) for seen in (self.unmarked, elsewhere)
        )
        return replace(self, unmarked=unmarked, elsewhere=elsewhere)

    def as_json(self) -> dict[str, Any]:
        """The search as it is stored."""
        return {
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "complete": self.complete,
            "marked": list(self.marked),
            "unmarked": list(self.unmarked),
            "elsewhere": list(self.elsewhere),
            "witness": None if self.witness is None else self.witness.as_json(),
        }


def search_of(started_at: datetime, witness: Witnessed, result: SearchResult) -> Search:
    """Put what the search found beside its moments, as its process witnessed them."""
    ended_at = started_at + timedelta(seconds=witness.ended - witness.started)
    seen = (result.marked, result.unmarked, result.elsewhere)
    return Search(started_at, ended_at, result.complete, *seen, witness)


def search_from_json(stored: dict[str, Any]) -> Search:
    """The search that was stored."""
    return Search(
        datetime.fromisoformat(stored["started_at"]),
        datetime.fromisoformat(stored["ended_at"]),
        bool(stored["complete"]),
        tuple(stored["marked"]),
        tuple(stored["unmarked"]),
        tuple(stored.get("elsewhere", ())),
        None if (witness := stored.get("witness")) is None else Witnessed(**witness),
    )


def in_the_way(search: Search) -> tuple[WriteReason, Mapping[str, Any]] | None:
    """What a person has to decide about before anything is written again."""
    if search.elsewhere:
        return WriteReason.SAME_DOCUMENT_ELSEWHERE, {"vouchers": list(search.elsewhere)}
    if search.unmarked:
        return WriteReason.MARKER_MISSING_IN_BOOKS, {"vouchers": list(search.unmarked)}
    return None


@dataclass(frozen=True, slots=True)
class ReconcileSchedule:
    """When to search: early ones to bind soon, late ones to know that nothing is there.

    It is made for writes that must never happen twice. What is less strict for another kind of write, its own
    schedule says; the steps of the protocol are the same for all.
    """

    settings: EffectSettings

    @property
    def word(self) -> str:
        """Why the effect waits while nobody knows what its write did."""
        return WriteReason.WRITE_UNCONFIRMED.value

    @property
    def gate_seconds(self) -> float:
        """How old an attempt may be when the last byte leaves."""
        return self.settings.gate

    @property
    def first_wait(self) -> timedelta:
        """How long after a lost answer the first search is."""
        return timedelta(seconds=self.settings.first_look)

    @property
    def most_absent(self) -> int:
        """How many writes that left nothing there may be before a person has to look."""
        return self.settings.max_attempts

    @property
    def late_answers_matter(self) -> bool:
        """Whether an id that comes after its attempt was resolved may mean two objects for one fact."""
        return True

    def rest(self, absent: int) -> timedelta:
        """How long to wait after a write that left nothing, as so many before it."""
        return NO_REST

    def is_absent(self, armed_at: datetime, searches: Sequence[Search], *, clocks_doubted: bool) -> bool:
        """Whether it is sure now that the attempt made nothing."""
        return self.proves_absence(armed_at, searches) and not clocks_doubted

    def trusted(self, armed_at: datetime, search: Search) -> bool:
        """Whether everything the attempt could have made was visible to this search, by both clocks."""
        known_for = 0.0 if search.witness is None else search.witness.known_for
        is_old = search.started_at >= armed_at + self.settings.trust_time
        return is_old and known_for >= self.settings.known_seconds

    def proves_absence(self, armed_at: datetime, searches: Sequence[Search]) -> bool:
        """Two trusted empty searches of one process, the second begun a read lag after the end of the first.

        One is not enough: a replica that lags may answer it with what was there before the write. Whatever
        the attempt made was committed within the trust time, and a read lag later every replica shows it.
        Nothing was seen between them; searches of several processes cannot be told apart by any one clock.
        """
        firsts: dict[str, float] = {}
        for search in self._trusted_empties(armed_at, searches):
            if (witness := search.witness) is None:
                continue
            if witness.started - firsts.setdefault(witness.by, witness.ended) >= self.settings.read_lag:
                return True
        return False

    def wait(self, armed_at: datetime, searches: Sequence[Search], now: datetime) -> timedelta:
        """How long until the next search; zero when it is due."""
        early = (timedelta(seconds=self.settings.first_look), timedelta(seconds=self.settings.second_look))
        for point in (*early, self.settings.trust_time):
            due_at = armed_at + point
            if now < due_at:
                return due_at - now
            if all(search.started_at < due_at for search in searches):
                return timedelta()
        return max(searches[-1].ended_at + self._lag - now, timedelta())

    def unsearched(self, armed_at: datetime, now: datetime, planned: Later, word: str) -> Later | Parked:
        """When to search instead of now, where no search could be made."""
        return replace(planned, reason=word)

    def unsettled(
        self, armed_at: datetime, now: datetime, planned: Later, said: str, word: str
    ) -> Later | Parked:
        """Later and later; once that has lasted, a person is told since when and why."""
        age = now - armed_at
        if age >= timedelta(seconds=self.settings.unsettled_after):
            params = {"since": armed_at.isoformat(), "said": said}
            return Parked(WriteReason.WRITE_UNSETTLED.value, params)
        return Later(max(planned.after, pause_at(age)), word, planned.waits_for)

    def _trusted_empties(self, armed_at: datetime, searches: Sequence[Search]) -> list[Search]:
        empties: list[Search] = []
        for search in searches:
            if search.complete and not search.empty:
                empties.clear()
            elif search.empty and self.trusted(armed_at, search):
                empties.append(search)
        return empties

    @property
    def _lag(self) -> timedelta:
        return timedelta(seconds=self.settings.read_lag)


def pause_at(age: timedelta) -> timedelta:
    """How long to wait after a search that says nothing, for an attempt of that age."""
    return min(age / PART_OF_AGE, timedelta(seconds=LONGEST_PAUSE_SECONDS))
