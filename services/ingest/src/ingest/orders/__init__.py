"""One order with its documents and their files: read, put into our words, saved and announced."""

from ingest.orders.backfill import backfill_orders
from ingest.orders.files import FileAsker
from ingest.orders.reader import FAILED_ORDERS, OrderReader, is_news
from ingest.orders.records import KnownOrder
from ingest.orders.translate import to_snapshot

__all__ = [
    "FAILED_ORDERS",
    "FileAsker",
    "KnownOrder",
    "OrderReader",
    "backfill_orders",
    "is_news",
    "to_snapshot",
]
