"""Each subject has its own closed list of reasons, and all of them stand in one table."""

from enum import StrEnum

import pytest

from common.domain.reasons import DOCUMENT_REASONS, REASONS, ActingParty, ReasonText, ReleasedBy, WriteReason
from common.domain.reasons.lists import ListNotClosed, closed_list, one_table
from common.domain.reasons.table import reasons_page


class ParcelReason(StrEnum):
    """A subject that can be misread, and written to the books."""

    UNREAD = "unread"
    WRITE_UNCONFIRMED = "write_unconfirmed"
    WRITE_UNSETTLED = "write_unsettled"
    ATTEMPTS_USED_UP = "attempts_used_up"
    MARKER_MISSING_IN_BOOKS = "marker_missing_in_books"
    DUPLICATE_IN_BOOKS = "duplicate_in_books"
    SAME_DOCUMENT_ELSEWHERE = "same_document_elsewhere"


class LetterReason(StrEnum):
    """A subject without a word for how its write ended."""

    UNREAD = "unread"


UNREAD = ReasonText(
    ActingParty.MERCHANT, ReleasedBy.PERSON, "Ungelesen.", "Unread.", "Bitte lesen.", "Please read."
)
TEXTS = {ParcelReason.UNREAD: UNREAD} | {ParcelReason(word): REASONS[word] for word in WriteReason}


def test_a_list_stands_in_the_order_of_its_reasons_however_the_words_are_kept() -> None:
    parcels = closed_list(ParcelReason, dict(reversed(TEXTS.items())))
    assert list(parcels) == list(ParcelReason)
    assert parcels[ParcelReason.UNREAD] is UNREAD


def test_a_second_subject_joins_the_one_table_and_its_page() -> None:
    table = one_table(DOCUMENT_REASONS, closed_list(ParcelReason, TEXTS))
    assert list(table) == [*REASONS, "unread"]
    assert reasons_page(table).removeprefix(reasons_page()).startswith("\n## `unread`\n")


@pytest.mark.parametrize("left_out", ParcelReason)
def test_a_reason_without_words_is_named(left_out: ParcelReason) -> None:
    texts = {code: text for code, text in TEXTS.items() if code is not left_out}
    with pytest.raises(ListNotClosed, match=f"ParcelReason: not worded: {left_out}$"):
        closed_list(ParcelReason, texts)


def test_a_subject_that_cannot_say_how_a_write_ended_is_refused() -> None:
    with pytest.raises(ListNotClosed, match="LetterReason: not worded: attempts_used_up, duplicate_in_books"):
        closed_list(LetterReason, {LetterReason.UNREAD: UNREAD})


def test_a_reason_worded_in_two_files_is_named() -> None:
    with pytest.raises(ListNotClosed, match=r"ParcelReason: worded twice: unread$"):
        closed_list(ParcelReason, TEXTS, {ParcelReason.UNREAD: UNREAD})


def test_one_word_never_says_two_things() -> None:
    parcels = closed_list(ParcelReason, TEXTS | {ParcelReason.WRITE_UNSETTLED: UNREAD})
    with pytest.raises(ListNotClosed, match=r"ParcelReason: write_unsettled says something else elsewhere$"):
        one_table(DOCUMENT_REASONS, parcels)
