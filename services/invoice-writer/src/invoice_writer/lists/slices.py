"""Parts of the voucherlist that one query shows, and how one that is too long is divided; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from common.domain.documents import BERLIN
from common.lexware.rows import Page
from common.lexware.voucherlist import PAGE_SIZE, WINDOW_LIMIT, VoucherFilter
from common.lexware.wire import VoucherListRow

AHEAD = timedelta(days=366)  # vouchers may be dated in the future
DAY = timedelta(days=1)
UNCHECKED = "unchecked"  # such vouchers may have no date
STATUSES = ("open", "paid", "paidoff", "voided", "transferred", "sepadebit", UNCHECKED, "blank")
FILL, CHANGES = "fill", "changes"
_DAYS = ("changed_from", "changed_to", "dated_from", "dated_to")


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """A reading under way: the parts still to be read, the first of them from `page` on.

    `unread` are those that cannot be divided any more and are still longer than the list shows.
    """

    kind: str
    since: date
    started_at: datetime
    parts: tuple[VoucherFilter, ...]
    page: int = 0
    unread: tuple[VoucherFilter, ...] = ()

    @classmethod
    def fill(cls, since: date, now: datetime) -> "ReadingPosition":
        """Every voucher dated since a day; the whole list where that is one page."""
        return cls(FILL, since, now, (VoucherFilter(),))

    @classmethod
    def changes(
        cls, since: date, now: datetime, after: date, unread: Sequence[VoucherFilter]
    ) -> "ReadingPosition":
        """Every voucher changed since a day, and once more what was too long the last time."""
        return cls(CHANGES, since, now, (VoucherFilter(changed_from=after), *unread))

    def after(self, read: Page[VoucherListRow]) -> "ReadingPosition":
        """How to go on after the next page."""
        part, rest = self.parts[0], self.parts[1:]
        is_next_shown = (self.page + 1) * PAGE_SIZE < WINDOW_LIMIT
        if (self.page == 0 and _is_too_long(part, read)) or (not read.last and not is_next_shown):
            smaller = divided(part, self.since, self.started_at.astimezone(BERLIN).date())
            unread = self.unread if smaller else (*self.unread, part)
            return replace(self, parts=(*smaller, *rest), page=0, unread=unread)
        if read.last:
            return replace(self, parts=rest, page=0)
        return replace(self, page=self.page + 1)

    def to_json(self) -> dict[str, Any]:
        """The plan as it is kept."""
        return {
            "kind": self.kind,
            "since": self.since.isoformat(),
            "started_at": self.started_at.isoformat(),
            "parts": [part_to_json(part) for part in self.parts],
            "page": self.page,
            "unread": [part_to_json(part) for part in self.unread],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "ReadingPosition":
        """The plan that was kept."""
        return cls(
            kind=kept["kind"],
            since=date.fromisoformat(kept["since"]),
            started_at=datetime.fromisoformat(kept["started_at"]),
            parts=parts_from_json(kept["parts"]),
            page=kept["page"],
            unread=parts_from_json(kept["unread"]),
        )


def divided(part: VoucherFilter, since: date, today: date) -> tuple[VoucherFilter, ...]:
    """The same vouchers in smaller parts: by day of change, by their own date, by type, by status.

    Days are German ones, as the list counts them. Empty when it cannot be divided. Of vouchers dated before
    `since` nothing is needed. Those without a date are in no range of dates, so they are read among the
    unchecked.
    """
    if part.changed_from is not None and (last := part.changed_to or today) > part.changed_from:
        middle = part.changed_from + (last - part.changed_from) // 2
        return replace(part, changed_from=middle + DAY), replace(part, changed_to=middle)
    if part.dated_from is None and not part.statuses:
        dated = replace(part, dated_from=since, dated_to=today + AHEAD)
        return dated, replace(part, statuses=(UNCHECKED,))
    if part.dated_from is not None and part.dated_to is not None and part.dated_from < part.dated_to:
        middle = part.dated_from + (part.dated_to - part.dated_from) // 2
        return replace(part, dated_from=middle + DAY), replace(part, dated_to=middle)
    if len(part.types) > 1:
        return tuple(replace(part, types=(one,)) for one in part.types)
    if not part.statuses:
        return tuple(replace(part, statuses=(one,)) for one in STATUSES)
    return ()


def holds(part: VoucherFilter, voucher_type: str, day: date) -> bool:
    """Whether a voucher of the type and date may be in the part."""
    if part.dated_from is None or part.dated_to is None:
        return False
    return voucher_type in part.types and part.dated_from <= day <= part.dated_to


def part_to_json(part: VoucherFilter) -> dict[str, Any]:
    """The part as it is kept, and as a person reads it."""
    days = {name: day.isoformat() for name in _DAYS if (day := getattr(part, name)) is not None}
    return {"types": list(part.types), "statuses": list(part.statuses), **days}


def parts_from_json(kept: Sequence[Mapping[str, Any]] | None) -> tuple[VoucherFilter, ...]:
    """The parts that were kept."""
    return tuple(
        VoucherFilter(
            types=tuple(one["types"]),
            statuses=tuple(one["statuses"]),
            **{name: date.fromisoformat(one[name]) for name in _DAYS if name in one},
        )
        for one in kept or ()
    )


def _is_too_long(part: VoucherFilter, read: Page[VoucherListRow]) -> bool:
    """The whole list holds much that is not needed: more than its first page is read in parts."""
    if part == VoucherFilter() and not read.last:
        return True
    return read.total is not None and read.total >= WINDOW_LIMIT
