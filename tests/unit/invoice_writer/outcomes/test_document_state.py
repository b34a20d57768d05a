"""Where a document stands is one typed thing: a column nobody has is found by the type checker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from common.domain.stored_words import DocumentStatus, FileState
from invoice_writer.outcomes import DocumentState, Outcome

SEEN_AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
WAITING = DocumentState(
    status=DocumentStatus.WAITING,
    reason="original_missing",
    params={},
    voucher_id=None,
    file_status=FileState.PENDING,
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
        (DocumentStatus.WAITING, "original_missing", True),  # its invoice brings it back
        (DocumentStatus.WAITING, "vat_check_pending", False),
        (DocumentStatus.PARKED, "vat_rate_unknown", True),
        (DocumentStatus.PARKED, "internal_error", False),
        (DocumentStatus.EXCLUDED, "before_start", True),
        (DocumentStatus.BOOKED, None, False),  # its file may be to come
    ],
)
def test_settled_is_what_stands_until_somebody_asks(
    status: DocumentStatus, reason: str | None, is_settled: bool
) -> None:
    assert replace(WAITING, status=status, reason=reason).is_settled is is_settled


def test_a_document_stands_as_an_outcome_of_its_status_and_reason_whatever_the_parameters() -> None:
    assert WAITING.stands_as(
        Outcome(DocumentStatus.WAITING, reason="original_missing", params={"invoice": "7"})
    )
    assert not WAITING.stands_as(Outcome(DocumentStatus.PARKED, reason="original_missing"))
