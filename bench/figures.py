"""The arithmetic behind the figures, and how they become text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """How a set of durations is spread, in seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """The spread of these durations."""
        return cls(
            len(seconds),
            percentile(seconds, 50),
            percentile(seconds, 95),
            percentile(seconds, 99),
            max(seconds),
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is not exceeded by this share of the values (nearest rank)."""
    if not values:
        raise ValueError("no values")
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


def per_second(moments: Sequence[float]) -> float:
    """Events per second from the first to the last of these moments."""
    if len(moments) < 2:
        raise ValueError("a rate needs two moments")
    return (len(moments) - 1) / (max(moments) - min(moments))


def share_of_rate(calls: int, burst: int, rate: float, seconds: float) -> float:
    """How much of a bucket's steady rate was used; what the full bucket gives at once does not count."""
    return (calls - burst) / (rate * seconds)


def middle(values: Sequence[float]) -> float:
    """The median of several runs."""
    return median(values)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose first column is text and whose other columns are numbers."""
    marks = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, marks, *rows))


def milliseconds(seconds: float) -> str:
    """A duration in whole milliseconds."""
    return f"{seconds * 1000:.0f} ms"


def percent(share: float) -> str:
    """A share in percent with one place."""
    return f"{share * 100:.1f} %"
