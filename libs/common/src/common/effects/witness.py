"""What one process knows by its own boot clock: since when an attempt is there, and whether clocks agree.

The database's clock may be set forward while a write is on its way; then an attempt looks older than it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from common.effects.gate import boot_seconds


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who searched, from when to when by its boot clock, and for how long it had known the attempt then."""

    by: str
    known_for: float
    started: float
    ended: float

    def as_json(self) -> dict[str, Any]:
        """The witness as it is stored."""
        return {"by": self.by, "known_for": self.known_for, "started": self.started, "ended": self.ended}


class Witness:
    """One per process; an attempt is known from the first time this process saw it."""

    def __init__(self, clock: Callable[[], float] = boot_seconds) -> None:
        self.clock = clock
        self._id = str(uuid4())
        self._since: dict[UUID, float] = {}
        self._doubted_until = clock()

    def saw(self, attempt_ids: Iterable[UUID]) -> None:
        """These attempts are there now, if not since earlier."""
        now = self.clock()
        for attempt_id in attempt_ids:
            self._since.setdefault(attempt_id, now)

    def forget_others(self, attempt_ids: Iterable[UUID], before: float) -> None:
        """Of what was seen before that moment only these attempts matter still."""
        kept = set(attempt_ids)
        self._since = {one: at for one, at in self._since.items() if one in kept or at >= before}

    def known_for(self, attempt_id: UUID) -> float:
        """Seconds since this process first saw the attempt; none when it has not."""
        since = self._since.get(attempt_id)
        return 0.0 if since is None else self.clock() - since

    def of_search(self, known_for: float, started: float) -> Witnessed:
        """The search that began then ends now."""
        return Witnessed(self._id, known_for, started, self.clock())

    def doubt(self, seconds: float) -> None:
        """A clock moved: for so long no absence is concluded here."""
        self._doubted_until = self.clock() + seconds

    @property
    def doubts(self) -> bool:
        """Whether a clock moved a short while ago."""
        return self.clock() < self._doubted_until
