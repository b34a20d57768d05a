"""How long to wait before the next try, longer after each that failed."""

import random
from dataclasses import dataclass

MOST_DOUBLINGS = 30  # far beyond any `longest`, and no float ends there


@dataclass(frozen=True, slots=True)
class Backoff:
    """Twice as long after each failed try, up to the longest; by chance shorter by as much as the jitter.

    Chance spreads the tries of many that failed at the same moment; with a jitter of 0.5 no pause is shorter
    than half of the full one.
    """

    first: float
    longest: float
    jitter: float = 0.0

    def seconds(self, earlier: int) -> float:
        """The pause after a failed try before which so many `earlier` ones had failed."""
        most = min(self.first * 2.0 ** min(earlier, MOST_DOUBLINGS), self.longest)
        return most * random.uniform(1.0 - self.jitter, 1.0) if self.jitter else most
