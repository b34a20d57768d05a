"""Ids, moments and amounts are written as the platform writes them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.epages.values import allocate, guid, lower_bound, moment, plain, price, stamp, to_json

cents = st.integers(-100_000, 1_000_000).map(lambda value: Decimal(value) / 100)


def test_a_guid_is_upper_case_and_the_same_for_the_same_parts() -> None:
    assert guid("a", 1) == guid("a", 1) != guid("a", 2)
    assert guid("a", 1) == guid("a", 1).upper()
    assert [len(part) for part in guid("a").split("-")] == [8, 4, 4, 4, 12]


def test_a_stamp_is_utc_with_milliseconds() -> None:
    berlin = timezone(timedelta(hours=2))
    assert stamp(datetime(2025, 6, 1, 0, 0, tzinfo=berlin)) == "2025-05-31T22:00:00.000Z"


@pytest.mark.parametrize(
    "text", ["2025-03-04T08:42:49.000Z", "2025-03-04T08:42:49Z", "2025-03-04T09:42:49 01:00"]
)
def test_moments_are_read_with_and_without_fractions_and_with_a_plus_lost_in_the_query(text: str) -> None:
    assert moment(text) == datetime(2025, 3, 4, 8, 42, 49, tzinfo=UTC)


def test_a_lower_bound_leaves_out_what_is_a_microsecond_earlier() -> None:
    at = datetime(2025, 3, 4, 8, 0, 0, 500, tzinfo=UTC)
    assert stamp(at) < lower_bound(at) == "2025-03-04T08:00:00.001Z"
    assert lower_bound(at.replace(microsecond=0)) == "2025-03-04T08:00:00.000Z"


def test_amounts_are_numbers_without_trailing_zeros() -> None:
    given_price = price(Decimal("67.50"), "GROSS", "EUR", "de_DE")
    expected = '{"taxType":"GROSS","formatted":"67,50 €","amount":67.5,"currency":"EUR"}'
    assert to_json(given_price).decode() == expected
    assert price(Decimal("1234.5"), "NET", "USD", "en_GB")["formatted"] == "1,234.50 $"
    assert [plain(Decimal(text)) for text in ("2.00", "0.00", "-0.00", "100", "0.10")] == [
        "2",
        "0",
        "0",
        "100",
        "0.1",
    ]


@given(total=cents, weights=st.lists(cents.filter(lambda value: value >= 0), min_size=1, max_size=8))
def test_shares_add_up_to_the_total_in_whole_cents(total: Decimal, weights: list[Decimal]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    assert all(share == share.quantize(Decimal("0.01")) for share in shares)
