"""What others do to our vouchers in the books: changed, deleted, and what follows from it."""

from invoice_writer.books_watch.corrected import CorrectedVouchers
from invoice_writer.books_watch.list_alarms import ListAlarms
from invoice_writer.books_watch.stalled import StalledLists
from invoice_writer.books_watch.watch import BooksWatch

__all__ = [
    "BooksWatch",
    "CorrectedVouchers",
    "ListAlarms",
    "StalledLists",
]
