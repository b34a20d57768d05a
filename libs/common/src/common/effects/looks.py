"""When to look for what an attempt without an answer made, and when not finding it means something; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.domain.reasons import Reason
from common.effects.effect import Findings
from common.effects.witness import Witnessed
from common.settings import EffectSettings

LOOKS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Look:
    """One search: its moments by the database's clock, and what it saw.

    `started_at` was read before the search began, so it is never too late; `ended_at` is never too early.
    `witness` is what the process that searched knew by its own clock; looks of older releases have none.
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

    def as_json(self) -> dict[str, Any]:
        """The look as it is stored."""
        return {
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "complete": self.complete,
            "marked": list(self.marked),
            "unmarked": list(self.unmarked),
            "elsewhere": list(self.elsewhere),
            "witness": None if self.witness is None else self.witness.as_json(),
        }


def look_of(started_at: datetime, witness: Witnessed, findings: Findings) -> Look:
    """The look a search was, as its process witnessed it."""
    ended_at = started_at + timedelta(seconds=witness.ended - witness.started)
    seen = (findings.marked, findings.unmarked, findings.elsewhere)
    return Look(started_at, ended_at, findings.complete, *seen, witness)


def look_from_json(stored: dict[str, Any]) -> Look:
    """The look that was stored."""
    return Look(
        datetime.fromisoformat(stored["started_at"]),
        datetime.fromisoformat(stored["ended_at"]),
        bool(stored["complete"]),
        tuple(stored["marked"]),
        tuple(stored["unmarked"]),
        tuple(stored.get("elsewhere", ())),
        None if (witness := stored.get("witness")) is None else Witnessed(**witness),
    )


def in_the_way(look: Look) -> tuple[Reason, Mapping[str, Any]] | None:
    """What a person has to decide about before anything is written again."""
    if look.elsewhere:
        return Reason.SAME_DOCUMENT_ELSEWHERE, {"vouchers": list(look.elsewhere)}
    if look.unmarked:
        return Reason.MARKER_MISSING_IN_BOOKS, {"vouchers": list(look.unmarked)}
    return None


@dataclass(frozen=True, slots=True)
class LookRules:
    """The plan of looks: early ones to bind soon, late ones to know that nothing is there."""

    settings: EffectSettings

    def trusted(self, armed_at: datetime, look: Look) -> bool:
        """Whether everything the attempt could have made was visible to this look, by both clocks."""
        known_for = 0.0 if look.witness is None else look.witness.known_for
        is_old = look.started_at >= armed_at + self.settings.trust_time
        return is_old and known_for >= self.settings.known_seconds

    def proves_absence(self, armed_at: datetime, looks: Sequence[Look]) -> bool:
        """Two trusted empty looks of one process, the second begun a read lag after the end of the first.

        Nothing was seen between them; looks of several processes cannot be told apart by any one clock.
        """
        firsts: dict[str, float] = {}
        for look in self._trusted_empties(armed_at, looks):
            if (witness := look.witness) is None:
                continue
            if witness.started - firsts.setdefault(witness.by, witness.ended) >= self.settings.read_lag:
                return True
        return False

    def wait(self, armed_at: datetime, looks: Sequence[Look], now: datetime) -> timedelta:
        """How long until the next look; zero when it is due."""
        early = (timedelta(seconds=self.settings.first_look), timedelta(seconds=self.settings.second_look))
        for point in (*early, self.settings.trust_time):
            due_at = armed_at + point
            if now < due_at:
                return due_at - now
            if all(look.started_at < due_at for look in looks):
                return timedelta()
        return max(looks[-1].ended_at + self._lag - now, timedelta())

    def _trusted_empties(self, armed_at: datetime, looks: Sequence[Look]) -> list[Look]:
        empties: list[Look] = []
        for look in looks:
            if look.complete and not look.empty:
                empties.clear()
            elif look.empty and self.trusted(armed_at, look):
                empties.append(look)
        return empties

    @property
    def _lag(self) -> timedelta:
        return timedelta(seconds=self.settings.read_lag)
