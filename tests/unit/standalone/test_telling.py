"""The console of the demo says what became of a document, why, what to do, where to look, and how many."""

from typing import Any

from common.observability.printable import only_printable, printable
from standalone.telling import Teller

REASONS = {"not_euro": {"cause_en": "The document is not in euro.", "remedy_en": "Book it by hand."}}
VOUCHER = "https://app.books.example/permalink/vouchers/view/v-1"
HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\u202e1001\x00\x9b31m"


def document(number: str = "1001", status: str = "booked", **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "type": "invoice",
        "number": number,
        "status": status,
        "reason": None,
        "gross_total": "67.50",
        "currency": "EUR",
        "file_status": "attached",
        "voucher_url": "https://app.books.example/permalink/vouchers/view/v-1"
        if status == "booked"
        else None,
        **more,
    }


def told(*looks: list[dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    teller = Teller(REASONS, "http://127.0.0.1:8080/api/v1/documents", lines.append, lambda: "14:03:22")
    for look in looks:
        teller.tell(look)
    return lines


def test_a_booked_document_is_told_with_time_file_and_link_and_the_counts_follow() -> None:
    assert told([document()]) == [
        f"  14:03:22  ✓ invoice     1001                67.50 EUR  booked, file attached  {VOUCHER}",
        "  14:03:22  = 1 booked, 0 parked, 0 excluded, 0 waiting",
    ]


def test_a_parked_document_is_told_with_cause_remedy_and_its_link() -> None:
    lines = told([document(status="parked", reason="not_euro")])
    assert lines[0].endswith("parked (not_euro)  http://127.0.0.1:8080/api/v1/documents/id-1001")
    assert [line.strip() for line in lines[1:]] == [
        "why: The document is not in euro.",
        "do:  Book it by hand.",
        "14:03:22  = 0 booked, 1 parked, 0 excluded, 0 waiting",
    ]


def test_each_change_is_told_once_and_counts_only_when_they_changed() -> None:
    first, later = document(file_status="pending"), document(file_status="attached")
    lines = told([first], [first], [later], [document("1002", "waiting"), later])
    assert [line.split()[1] for line in lines] == ["✓", "=", "✓", "…", "="]


def test_what_was_there_before_is_one_line() -> None:
    lines: list[str] = []
    teller = Teller(REASONS, "http://api", lines.append, lambda: "14:03:22")
    known = [document("2", "waiting"), document("1")]
    teller.remember(known)
    teller.tell(known)
    assert lines[0] == "  (2 documents are known from before: 1 booked, 0 parked, 0 excluded, 1 waiting)"
    assert [line.split()[1] for line in lines[1:]] == ["…"]


def test_text_of_a_shop_never_reaches_the_terminal_raw() -> None:
    lines = told(
        [document(HOSTILE, currency=HOSTILE, gross_total=HOSTILE)],
        [document(HOSTILE, "parked", reason=HOSTILE, voucher_url=HOSTILE)],
        [document(HOSTILE, HOSTILE)],
    )
    assert len(lines) >= 4
    assert all(line.isprintable() for line in lines)


def test_long_text_is_cut_and_strange_letters_are_kept() -> None:
    assert printable("Größe 北京 ✓") == "Größe 北京 ✓"
    assert printable("x" * 300, 10) == "xxxxxxxxx…"
    assert printable("a\nb\tc\x1b[31m") == "a?b?c?[31m"


def test_a_log_line_for_a_terminal_keeps_its_lines_and_nothing_that_steers() -> None:
    shown = only_printable(None, "", {"event": HOSTILE, "exception": "a\n  b\x1b[2J", "count": 3})
    assert shown["exception"] == "a\n  b?[2J"
    assert shown["event"].isprintable()
    assert shown["count"] == 3
