"""Missing numbers are found within ranges that begin alike (R11)."""

import pytest

from api.queries.gaps import find_ranges
from common.domain.documents import DocumentType


def gaps_of(*numbers: str) -> list[tuple[str, str, int]]:
    ranges = find_ranges(DocumentType.INVOICE, numbers)
    return [(gap.first, gap.last, gap.count) for found in ranges for gap in found.gaps]


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [
        (("1", "2", "3"), []),
        (("1", "2", "4", "9"), [("3", "3", 1), ("5", "8", 4)]),
        (("9", "10", "12"), [("11", "11", 1)]),
        (("R-0009", "R-0010", "R-0012"), [("R-0011", "R-0011", 1)]),
        (("0998", "0999", "1000", "1002"), [("1001", "1001", 1)]),
        (("2025-1", "2025-2", "2026-1", "2026-3"), [("2026-2", "2026-2", 1)]),
        (("A1", "B3"), []),
        (("0002", "5"), []),
        (("no number", "", "R-"), []),
        (("7", "7"), []),
        ((" 1 ", "3"), [("2", "2", 1)]),
    ],
)
def test_gap_is_what_lies_between_numbers_of_one_range_r11(
    numbers: tuple[str, ...], gaps: list[tuple[str, str, int]]
) -> None:
    assert gaps_of(*numbers) == gaps


def test_long_gap_is_one_gap_and_costs_nothing_r11() -> None:
    assert gaps_of("1", "900000000000000000") == [("2", "899999999999999999", 899999999999999998)]
    assert gaps_of("1" * 30) == []


def test_range_tells_its_ends_and_how_many_are_there() -> None:
    [found] = find_ranges(DocumentType.CREDIT_NOTE, ["K-2", "K-5", "K-3"])
    assert (found.first, found.last, found.documents, found.missing) == ("K-2", "K-5", 3, 1)
