"""What a simulator was asked, counted."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Counters:
    """What a simulator was asked since its start or reset."""

    requests: Counter[str] = field(default_factory=Counter)
    rate_limited: int = 0
    incomplete: int = 0  # requests whose body never became complete
