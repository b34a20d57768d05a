"""How far the index of vouchers reaches, as its row tells, and the lease under which it is read."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from common.db.due import DueRows
from common.db.models.base import table
from common.db.models.books import VoucherIndexStateRow
from common.lexware.voucherlist import VoucherFilter
from invoice_writer.lists import CHANGES, FILL, ReadingPosition, parts_from_json

REFRESH_AFTER = timedelta(minutes=15)
OVERLAP = timedelta(days=1)
BEGIN_ANEW = timedelta(hours=1)  # the pages of a reading that was interrupted so long have moved
STATE = table(VoucherIndexStateRow)


@dataclass(frozen=True, slots=True)
class VoucherIndexState:
    """An index: filled since a day, complete up to a moment but for `unread`; and a reading under way."""

    filled_from: date | None = None
    refreshed_at: datetime | None = None
    unread: tuple[VoucherFilter, ...] = ()
    position: ReadingPosition | None = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> "VoucherIndexState":
        """The state as its row tells."""
        return cls(
            filled_from=row.filled_from,
            refreshed_at=row.refreshed_at,
            unread=parts_from_json(row.unread),
            position=ReadingPosition.from_json(row.plan) if row.plan else None,
        )

    def is_due(self, since: date, now: datetime) -> bool:
        """Whether the index has to be read, wholly or what changed, before it can be believed."""
        is_old = self.refreshed_at is None or now - self.refreshed_at > REFRESH_AFTER
        return self._is_to_fill(since) or is_old

    def reading(self, since: date, now: datetime) -> ReadingPosition:
        """The reading to go on with; a new one if the last will not do."""
        kind = FILL if self._is_to_fill(since) else CHANGES
        if self.position is not None:
            is_young = now - self.position.started_at < BEGIN_ANEW
            if is_young and self.position.kind == kind and self.position.since <= since:
                return self.position
        if kind == FILL or self.filled_from is None or self.refreshed_at is None:
            return ReadingPosition.fill(since, now)
        after = (self.refreshed_at - OVERLAP).date()
        return ReadingPosition.changes(self.filled_from, now, after, self.unread)

    def _is_to_fill(self, since: date) -> bool:
        return self.filled_from is None or since < self.filled_from


INDEXES = DueRows(
    table=STATE,
    key=(STATE.c.tenant_id, STATE.c.connection_id),
    read=VoucherIndexState.from_row,
    lease_token=STATE.c.lease_token,
    lease_until=STATE.c.claimed_until,
)
