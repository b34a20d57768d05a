"""However a list that is too long is divided, every voucher since the first day is in some part."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.lexware.rows import Page, Rows
from common.lexware.voucherlist import SALES_TYPES, VoucherFilter
from common.lexware.wire import VoucherListRow
from invoice_writer.lists import ReadingPosition, holds, slices
from invoice_writer.lists.slices import STATUSES, divided

SINCE, TODAY = date(2025, 1, 1), date(2025, 3, 31)
NOW = datetime(2025, 3, 31, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Listed:
    """A voucher in the books."""

    id: str
    type: str
    status: str
    changed_on: date
    dated_on: date | None


days = st.dates(SINCE, TODAY)
listed = st.builds(
    lambda type, status, changed, dated: (type, status, changed, dated),
    st.sampled_from(SALES_TYPES),
    st.sampled_from(STATUSES),
    days,
    st.none() | days,
)


def books(found: Sequence[tuple[str, str, date, date | None]]) -> list[Listed]:
    """Vouchers of these kinds; only an unchecked one has no date."""
    return [
        Listed(str(place), kind, status if dated else "unchecked", changed, dated)
        for place, (kind, status, changed, dated) in enumerate(found)
    ]


def shown(part: VoucherFilter, voucher: Listed) -> bool:
    """What the list shows of a part."""
    if part.dated_from is not None or part.dated_to is not None:
        if voucher.dated_on is None:
            return False
        if not (part.dated_from or SINCE) <= voucher.dated_on <= (part.dated_to or date.max):
            return False
    if not (part.changed_from or date.min) <= voucher.changed_on <= (part.changed_to or date.max):
        return False
    return voucher.type in part.types and (not part.statuses or voucher.status in part.statuses)


def read_all(
    position: ReadingPosition, vouchers: Sequence[Listed], window: int, size: int
) -> tuple[set[str], ReadingPosition]:
    """The ids of everything a list with that window shows on the way through the position."""
    seen: set[str] = set()
    while position.parts:
        position = ReadingPosition.from_json(position.to_json())
        there = [voucher for voucher in vouchers if shown(position.parts[0], voucher)][:window]
        rows = tuple(
            VoucherListRow(id=voucher.id)
            for voucher in there[position.page * size : (position.page + 1) * size]
        )
        seen |= {row.id for row in rows}
        position = position.after(Page(Rows(rows), (position.page + 1) * size >= len(there), len(there)))
    return seen, position


@settings(max_examples=200, deadline=None)
@given(st.lists(listed, max_size=40), st.sampled_from(["fill", "changes"]), st.data())
def test_everything_is_read_or_in_a_part_that_is_named(
    found: list[tuple[str, str, date, date | None]], kind: str, data: st.DataObject
) -> None:
    vouchers, size = books(found), 3
    window = size * data.draw(st.integers(1, 4))
    since = data.draw(days)
    position = (
        ReadingPosition.fill(SINCE, NOW) if kind == "fill" else ReadingPosition.changes(SINCE, NOW, since, ())
    )
    with showing(window, size):
        seen, ended = read_all(position, vouchers, window, size)
    wanted = [voucher for voucher in vouchers if kind == "fill" or voucher.changed_on >= since]
    for voucher in wanted:
        assert voucher.id in seen or any(shown(part, voucher) for part in ended.unread)


@contextmanager
def showing(limit: int, size: int) -> Iterator[None]:
    """The list shows so many rows, in pages of that size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "WINDOW_LIMIT", limit)
        patch.setattr(slices, "PAGE_SIZE", size)
        yield


def test_changes_are_divided_by_day_then_by_the_vouchers_date_then_by_type_and_status() -> None:
    two_days = VoucherFilter(changed_from=TODAY - timedelta(days=1))
    today, yesterday = divided(two_days, SINCE, TODAY)
    assert (today.changed_from, yesterday.changed_to) == (TODAY, TODAY - timedelta(days=1))
    dated, undated = divided(today, SINCE, TODAY)
    assert (dated.dated_from, undated.statuses) == (SINCE, ("unchecked",))
    while dated.dated_from != dated.dated_to:
        dated = divided(dated, SINCE, TODAY)[0]
    invoices, corrections = divided(dated, SINCE, TODAY)
    assert (invoices.types, corrections.types) == (("salesinvoice",), ("salescreditnote",))
    by_status = divided(invoices, SINCE, TODAY)
    assert [part.statuses for part in by_status] == [(status,) for status in STATUSES]
    assert divided(by_status[0], SINCE, TODAY) == ()


def test_part_holds_the_documents_of_its_days_and_type() -> None:
    part = VoucherFilter(types=("salesinvoice",), dated_from=TODAY, dated_to=TODAY)
    assert holds(part, "salesinvoice", TODAY)
    assert not holds(part, "salescreditnote", TODAY)
    assert not holds(part, "salesinvoice", TODAY - timedelta(days=1))
    assert not holds(VoucherFilter(statuses=("unchecked",)), "salesinvoice", TODAY)


def test_small_books_are_read_with_one_request_and_idle_ones_too() -> None:
    page: Page[VoucherListRow] = Page(Rows(()), last=True, total=0)
    assert ReadingPosition.fill(SINCE, NOW).after(page).parts == ()
    assert ReadingPosition.changes(SINCE, NOW, TODAY, ()).after(page).parts == ()


def test_the_day_that_has_begun_in_germany_alone_can_be_divided() -> None:
    late = datetime(2025, 3, 31, 22, 30, tzinfo=UTC)  # in Germany it is the first of April
    plan = ReadingPosition.changes(SINCE, late, date(2025, 3, 31), ())
    full: Page[VoucherListRow] = Page(Rows((), ()), last=False, total=10_000)
    parts = plan.after(full).parts
    assert [(part.changed_from, part.changed_to) for part in parts] == [
        (date(2025, 4, 1), None),
        (date(2025, 3, 31), date(2025, 3, 31)),
    ]
