"""When an order counts as news, which lane it takes, and which bytes are the original."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.domain.stored_words import Lane
from common.shops.epages.answers import parse_order
from common.shops.epages.wire import Order
from factories.documents import make_invoice
from ingest.connections import ShopConnection
from ingest.orders import KnownOrder, is_news
from ingest.orders.document_records import ReceivedDocument
from ingest.orders.reader import change_stamp, lane_of, merged
from ingest.orders.translate import ReceivedFile

NOW = datetime(2025, 3, 4, 12, 0, 0, tzinfo=UTC)
CONNECTION = ShopConnection(uuid4(), uuid4(), "https://shop.example/rs/shops/A", "de_DE", NOW)


def order(updated: str | None = None, **fields: Any) -> Order:
    return parse_order({"orderId": "A", "lastUpdatedOnDate": updated, **fields})


def kept(stamp: str) -> KnownOrder:
    return KnownOrder(stamp, {})


def test_an_order_is_news_until_it_was_read_and_again_when_its_stamp_moves() -> None:
    first, second = order("2025-03-04T10:00:00.000Z"), order("2025-03-04T11:00:00.000Z")
    known = kept(change_stamp(first, NOW))
    assert is_news(first, NOW, None)
    assert not is_news(first, NOW, known)
    assert is_news(second, NOW, known)


def test_a_fresh_stamp_in_whole_seconds_is_read_once_more() -> None:
    """A second change within the same second would otherwise stay unseen."""
    fresh = order("2025-03-04T11:59:59Z")
    known = kept(change_stamp(fresh, NOW))
    assert is_news(fresh, NOW + timedelta(seconds=5), known)
    settled = kept(change_stamp(fresh, NOW + timedelta(seconds=5)))
    assert not is_news(fresh, NOW + timedelta(seconds=9), settled)


def test_a_stamp_with_milliseconds_is_trusted_at_once() -> None:
    fresh = order("2025-03-04T11:59:59.999Z")
    assert not is_news(fresh, NOW, kept(change_stamp(fresh, NOW)))


def test_without_a_stamp_any_change_of_the_item_is_news() -> None:
    known = kept(change_stamp(order(paidOn=None), NOW))
    assert not is_news(order(paidOn=None), NOW, known)
    assert is_news(order(paidOn="2025-03-04T10:00:00Z"), NOW, known)


@pytest.mark.parametrize(
    ("updated", "placed", "lane"),
    [
        ("2025-03-04T11:59:59.000Z", None, Lane.HISTORY),
        ("2025-03-04T12:00:00.000Z", "2020-01-01T00:00:00Z", Lane.LIVE),
        (None, "2020-01-01T00:00:00Z", Lane.HISTORY),
        (None, None, Lane.LIVE),
    ],
)
def test_what_was_not_touched_since_the_connection_was_made_is_history(
    updated: str | None, placed: str | None, lane: Lane
) -> None:
    assert lane_of(order(updated, creationDate=placed), CONNECTION) is lane


def test_r8_the_original_is_the_answer_without_the_file_unless_they_differ() -> None:
    file = ReceivedFile(b"%PDF", "application/pdf")
    invoice, other = make_invoice(), make_invoice(number="R-2")
    changed = make_invoice(number="R-2", gross_total=invoice.gross_total + invoice.gross_total)
    plain = [ReceivedDocument(invoice, b"one"), ReceivedDocument(other, b"two")]
    filed = [ReceivedDocument(invoice, b"one with file", file), ReceivedDocument(changed, b"two later", None)]
    result = {document.document.number: document for document in merged(plain, filed)}
    assert result[invoice.number] == ReceivedDocument(invoice, b"one", file)
    assert result["R-2"] == ReceivedDocument(changed, b"two later", None)


def test_a_document_finalised_between_the_two_answers_is_taken_too() -> None:
    assert len(merged([], [ReceivedDocument(make_invoice(), b"x")])) == 1
