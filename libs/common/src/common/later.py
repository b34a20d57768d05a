"""The end that says: come back."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Later:
    """It has to wait, for a time or until a connection answers; nothing counts as a failed try."""

    after: timedelta
    reason: str
    waits_for: UUID | None = None  # the breaker whose end it waits for, instead of a time
