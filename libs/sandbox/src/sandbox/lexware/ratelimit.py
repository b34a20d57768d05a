"""The token bucket of each connection, and how fast each connection really was."""

from collections import deque
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.lexware.switches import LexwareSwitches


@dataclass
class Bucket:
    """Tokens left at a moment, and the requests of the last second."""

    tokens: float
    at: float
    recent: deque[float] = field(default_factory=deque)
    requests: int = 0
    refused: int = 0
    max_per_second: int = 0


class RateLimit:
    """One bucket per connection over all endpoints; a refused request takes no token."""

    def __init__(self, switches: LexwareSwitches, clock: Clock) -> None:
        self._switches, self._clock = switches, clock
        self._buckets: dict[str, Bucket] = {}

    def admit(self, connection_id: str) -> bool:
        """Tell whether this request of the connection may pass, and count it."""
        now = self._clock.elapsed()
        bucket = self._buckets.get(connection_id)
        if bucket is None:
            bucket = self._buckets[connection_id] = Bucket(self._switches.capacity, now)
        _observe(bucket, now)
        if not self._switches.rate_limit:
            return True
        refilled = bucket.tokens + (now - bucket.at) * self._switches.rate
        bucket.tokens, bucket.at = min(self._switches.capacity, refilled), now
        if bucket.tokens < 1:
            bucket.refused += 1
            return False
        bucket.tokens -= 1
        return True

    def observed(self, connection_id: str) -> dict[str, int]:
        """Return what was seen of a connection."""
        bucket = self._buckets.get(connection_id, Bucket(0, 0))
        return {
            "requests": bucket.requests,
            "rate_limited": bucket.refused,
            "max_per_second": bucket.max_per_second,
        }

    def forget(self) -> None:
        """Start again with full buckets."""
        self._buckets.clear()


def _observe(bucket: Bucket, now: float) -> None:
    bucket.requests += 1
    recent = bucket.recent
    while recent and recent[0] <= now - 1:
        recent.popleft()
    recent.append(now)
    bucket.max_per_second = max(bucket.max_per_second, len(recent))
