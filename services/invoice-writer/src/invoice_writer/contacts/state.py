"""How far the index of contacts was filled, as its row tells, and the lease under which it is read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from common.db.due import DueRows
from common.db.models.base import table
from common.db.models.books import ContactIndexStateRow

BEGIN_ANEW = timedelta(hours=1)  # the pages of a reading that was interrupted so long have moved
STATE = table(ContactIndexStateRow)


@dataclass(frozen=True, slots=True)
class ContactIndexState:
    """An index: when its last whole reading began, whether it holds all, and a reading under way."""

    complete: bool = False
    filled_at: datetime | None = None
    started_at: datetime | None = None
    next_page: int = 0

    @classmethod
    def from_row(cls, row: Row[Any]) -> "ContactIndexState":
        """The state as its row tells."""
        return cls(row.complete, row.filled_at, row.started_at, row.next_page)

    @property
    def is_known_to_be_longer(self) -> bool:
        """Whether the last reading found that the list does not show all."""
        return self.filled_at is not None and not self.complete

    def left(self, refill_after: timedelta, now: datetime) -> timedelta:
        """For how long the index is still young enough; nothing where it was never filled."""
        return timedelta() if self.filled_at is None else refill_after - (now - self.filled_at)

    def reading(self, now: datetime) -> tuple[datetime, int]:
        """When the reading to go on with began, and its next page; a new one if the last will not do."""
        if self.started_at is None or self.started_at < now - BEGIN_ANEW:
            return now, 0
        return self.started_at, self.next_page


INDEXES = DueRows(
    table=STATE,
    key=(STATE.c.tenant_id, STATE.c.connection_id),
    read=ContactIndexState.from_row,
    lease_token=STATE.c.lease_token,
    lease_until=STATE.c.claimed_until,
)
