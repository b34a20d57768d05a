"""Every reason with its cause, remedy and who acts; docs/reasons.md is this table on paper."""

from collections.abc import Mapping
from datetime import timedelta

from common.domain.reasons.codes import DocumentReason
from common.domain.reasons.lists import closed_list, one_table
from common.domain.reasons.text import ReasonText, ReleasedBy
from common.domain.reasons.texts_books import BOOKS_TEXTS
from common.domain.reasons.texts_buyers import BUYER_TEXTS
from common.domain.reasons.texts_documents import DOCUMENT_TEXTS
from common.domain.reasons.texts_rates import RATE_TEXTS

DOCUMENT_REASONS = closed_list(DocumentReason, DOCUMENT_TEXTS, RATE_TEXTS, BUYER_TEXTS, BOOKS_TEXTS)
REASONS = one_table(DOCUMENT_REASONS)

_INTRODUCTION = """\
# Reasons

Why a document is not booked. `parked` means that somebody or something has to change first, `waiting` that
time alone is expected to settle it. Made from the table in the code:
`python -m common.domain.reasons > docs/reasons.md`.

- *Who acts*: merchant, adviser (tax adviser), operator (of the platform) or nobody.
- *Tried again when*: the named settings or the profile or categories of the books change; the books are
  connected or confirmed again; another document of the order arrives or moves; a person asks for it; or time
  passes. A person can ask in every case: `POST /api/v1/documents/{id}/retry`, or for all documents of a
  reason `POST /api/v1/parked/{reason}/retry`.
- Besides, a changed profile brings back what is parked at 0 %, because a small business needs no reason for
  it, and `GET /api/v1/reasons` names the settings whose change brings a reason's documents back.
- *Waits first*: for so long after its arrival the document counts as waiting before it is parked.
"""

_TRIED_AGAIN = {
    ReleasedBy.SETTINGS: "settings change",
    ReleasedBy.PROFILE: "profile or categories of the books change",
    ReleasedBy.CONNECTION: "the books are connected, enabled or confirmed again",
    ReleasedBy.DOCUMENT: "another document of its order arrives or moves",
    ReleasedBy.PERSON: "a person asks for it",
    ReleasedBy.TIME: "by itself",
    ReleasedBy.TABLE: "our table of rates grows, with a release",
}


def reasons_page(table: Mapping[str, ReasonText] = REASONS) -> str:
    """The page for people: one section per reason, in the order of the table."""
    return "\n".join([_INTRODUCTION, *(_section(code, text) for code, text in table.items())])


def _section(code: str, text: ReasonText) -> str:
    waits = f" · waits first: {text.waits // timedelta(hours=1)} h" if text.waits else ""
    return (
        f"## `{code}`\n\n"
        f"Who acts: {text.who.value} · tried again when: {_TRIED_AGAIN[text.released_by]}{waits}\n\n"
        "| | Cause | Remedy |\n| --- | --- | --- |\n"
        f"| de | {text.cause_de} | {text.remedy_de} |\n"
        f"| en | {text.cause_en} | {text.remedy_en} |\n"
    )
