"""Documents whose time has come or whose cause is gone, and what happened after the booking."""

from invoice_writer.rechecking.connection_watch import ConnectionWatch, release_after_denial
from invoice_writer.rechecking.delayed import is_lasting, show_delayed
from invoice_writer.rechecking.recheck import Rechecker

__all__ = [
    "ConnectionWatch",
    "Rechecker",
    "is_lasting",
    "release_after_denial",
    "show_delayed",
]
