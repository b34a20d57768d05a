"""What becomes of the demo's documents, told line by line; text of a shop never steers the terminal."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from common.observability.printable import printable

MARKS = {"booked": "✓", "parked": "!", "excluded": "-", "waiting": "…"}
ORDER = ("booked", "parked", "excluded", "waiting")
INDENT = " " * 12


def say(line: str) -> None:
    """One line on the console, at once."""
    print(line, flush=True)


def clock() -> str:
    """The time of day here."""
    return datetime.now().astimezone().strftime("%H:%M:%S")


class Teller:
    """Tells each change of a document or its file once, then how many stand where.

    `reasons` are the API's texts by code; `details_url` is where documents without a voucher are looked at.
    """

    def __init__(
        self,
        reasons: Mapping[str, Mapping[str, Any]],
        details_url: str,
        out: Callable[[str], None] = say,
        now: Callable[[], str] = clock,
    ) -> None:
        self._reasons, self._details_url, self._out, self._now = reasons, details_url, out, now
        self._told: dict[str, tuple[str, str]] = {}
        self._counts: Counter[str] | None = None

    def remember(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """One line for all that was settled before this start."""
        settled = [one for one in documents if one["status"] != "waiting"]
        self._told.update({one["id"]: _state(one) for one in settled})
        self._out(f"  ({len(documents)} documents are known from before: {_counted(documents)})")
        self._counts = Counter(str(one["status"]) for one in documents)

    def tell(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """What is new about them, oldest first; they come newest first."""
        for document in reversed(documents):
            if self._told.get(document["id"]) != _state(document):
                self._told[document["id"]] = _state(document)
                self._tell_one(document)
        counts = Counter(str(one["status"]) for one in documents)
        if documents and counts != self._counts:
            self._counts = counts
            self._out(f"  {self._now()}  = {_counted(documents)}")

    def _tell_one(self, document: Mapping[str, Any]) -> None:
        status, reason = document["status"], document["reason"]
        kind = "invoice    " if document["type"] == "invoice" else "credit note"
        file = f", file {document['file_status']}" if status == "booked" else ""
        link = document["voucher_url"] or f"{self._details_url}/{document['id']}"
        words = f" ({printable(reason, 64)})" if reason else ""
        self._out(
            f"  {self._now()}  {MARKS.get(status, '?')} {kind} {printable(document['number'], 40):<14} "
            f"{printable(document['gross_total'], 20):>10} {printable(document['currency'], 8)}  "
            f"{printable(status)}{words}{file}  {printable(link)}"
        )
        if status == "parked" and (text := self._reasons.get(reason)) is not None:
            self._out(f"{INDENT}why: {printable(text['cause_en'], 500)}")
            self._out(f"{INDENT}do:  {printable(text['remedy_en'], 500)}")


def _state(document: Mapping[str, Any]) -> tuple[str, str]:
    return (document["status"], document["file_status"])


def _counted(documents: Sequence[Mapping[str, Any]]) -> str:
    counts = Counter(one["status"] for one in documents)
    return ", ".join(f"{counts[status]} {status}" for status in ORDER)
