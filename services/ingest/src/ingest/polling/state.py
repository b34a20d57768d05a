"""A shop's cursor row in our words: how far it was read, how its last runs ended, who reads it now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from common.db.due import Lease
from common.domain.connection_troubles import ConnectionTrouble
from common.domain.stored_words import SweepKind
from common.shops.base import OrderQuery

NIGHTLY_REACH = timedelta(hours=48)
WEEKLY_REACH = timedelta(days=90)
FREE_CALLS = 20  # a small shop is swept in one go


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep under way; `position` counts the orders looked at, `calls` what it has cost."""

    kind: SweepKind
    started_at: datetime
    position: int = 0
    calls: int = 0

    @property
    def query(self) -> OrderQuery:
        """The list this sweep goes through."""
        if self.kind is SweepKind.NIGHTLY:
            return OrderQuery(updated_from=self.started_at - NIGHTLY_REACH)
        return OrderQuery(created_after=self.started_at - WEEKLY_REACH)

    def allowance(self, now: datetime, calls_per_hour: int) -> int:
        """How many calls it may make by now."""
        hours = (now - self.started_at) / timedelta(hours=1)
        return FREE_CALLS + int(calls_per_hour * hours) - self.calls


@dataclass(frozen=True, slots=True)
class History:
    """The rest of a list too large for one run: changes since a moment, to be read from a page on.

    `total` is how many orders the list had when it was read last: fewer now means that some moved forward,
    perhaps onto pages that were read already.
    """

    since: datetime
    page: int = 1
    total: int = 0


@dataclass(frozen=True, slots=True)
class CursorProgress:
    """How far a shop was read; what a run moves and nobody else while it holds the lease."""

    cursor_at: datetime
    history: History | None = None
    sweep: Sweep | None = None
    last_nightly_at: datetime | None = None
    last_weekly_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CursorFailures:
    """How the last runs ended, as merchants and operators see it; as it is made, nothing is wrong.

    Failures and refusals are counted apart: a failed run keeps the refusals before it, so that an outage
    between two of them does not make a shop that refuses us look connected, and a refusal keeps the failures.
    """

    failures: int = 0
    failing_since: datetime | None = None
    refusals: int = 0
    first_refused_at: datetime | None = None
    disconnected_at: datetime | None = None
    last_error: str | None = None
    trouble: ConnectionTrouble | None = None


RESET_FAILURES = CursorFailures()


@dataclass(frozen=True, slots=True)
class CursorState:
    """A shop's cursor row as it was when it was leased."""

    tenant_id: UUID
    connection_id: UUID
    progress: CursorProgress
    failures: CursorFailures = RESET_FAILURES

    def ids(self) -> dict[str, str]:
        """What every line of the log about this shop carries."""
        return {"tenant_id": str(self.tenant_id), "connection_id": str(self.connection_id)}


ShopLease: TypeAlias = Lease[CursorState]
"""The right to poll one shop for a while."""
