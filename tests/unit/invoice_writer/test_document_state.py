"""Where a document stands is one typed thing: a column nobody has is found by the type checker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from invoice_writer.outcomes import DocumentState, Outcome

SEEN_AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
WAITING = DocumentState(
    status="waiting",
    reason="original_missing",
    params={},
    voucher_id=None,
    file_status="pending",
    pdf_sha256=None,
    revision=3,
    first_seen_at=SEEN_AT,
    read_at=SEEN_AT + timedelta(hours=2),
)


def test_a_misspelt_column_is_an_error_for_the_type_checker() -> None:
    with pytest.raises(AttributeError):
        _ = WAITING.revison  # type: ignore[attr-defined]  # mypy says when this line passes


def test_the_age_is_what_the_databases_clock_said() -> None:
    assert WAITING.age == timedelta(hours=2)


@pytest.mark.parametrize(
    ("status", "reason", "is_settled"),
    [
        ("waiting", "original_missing", True),  # its invoice brings it back
        ("waiting", "vat_check_pending", False),
        ("parked", "vat_rate_unknown", True),
        ("parked", "internal_error", False),
        ("excluded", "before_start", True),
        ("booked", None, False),  # its file may be to come
    ],
)
def test_settled_is_what_stands_until_somebody_asks(
    status: str, reason: str | None, is_settled: bool
) -> None:
    assert replace(WAITING, status=status, reason=reason).is_settled is is_settled


def test_a_document_stands_as_an_outcome_of_its_status_and_reason_whatever_the_parameters() -> None:
    assert WAITING.stands_as(Outcome("waiting", reason="original_missing", params={"invoice": "7"}))
    assert not WAITING.stands_as(Outcome("parked", reason="original_missing"))
