"""The pages behind links into the web application: enough to see what was booked."""

import html
from collections.abc import Sequence
from typing import Any

from sandbox.http import Answer, Call
from sandbox.lexware.books import Books
from sandbox.resource import ApiRoute, Resource
from sandbox.store import Document


class Permalinks(Resource):
    """`/permalink/*` of the web application; everybody on this machine may look."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> Sequence[ApiRoute]:
        """Return the pages."""
        return [
            ApiRoute("/permalink/vouchers/view/{id}", {"GET": self.voucher}, is_open=True),
            ApiRoute("/permalink/vouchers/edit/{id}", {"GET": self.voucher}, is_open=True),
            ApiRoute("/permalink/contacts/view/{id}", {"GET": self.contact}, is_open=True),
        ]

    def voucher(self, call: Call) -> Answer:
        """Show a voucher."""
        return _page("Beleg", self._books.vouchers.current(call.params["id"].lower()))

    def contact(self, call: Call) -> Answer:
        """Show a contact."""
        return _page("Kontakt", self._books.contacts.current(call.params["id"].lower()))


def _page(title: str, document: Document | None) -> Answer:
    if document is None:
        return Answer(404, _html(title, "<p>Nicht gefunden.</p>"), b"text/html;charset=utf-8")
    heading = f"{title} {document.get('voucherNumber') or ''}".strip()
    return Answer(200, _html(heading, _table(document)), b"text/html;charset=utf-8")


def _table(value: Any) -> str:
    if isinstance(value, dict):
        rows = (
            f"<tr><th align=left>{html.escape(key)}</th><td>{_table(one)}</td></tr>"
            for key, one in value.items()
        )
        return f"<table>{''.join(rows)}</table>"
    if isinstance(value, list):
        return "".join(_table(one) for one in value) or "–"
    return html.escape("–" if value is None else str(value))


def _html(title: str, content: str) -> bytes:
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title>'
    body = f"<h1>{html.escape(title)}</h1>{content}"
    return f"<!DOCTYPE html><html lang=de><head>{head}</head><body>{body}</body></html>".encode()
