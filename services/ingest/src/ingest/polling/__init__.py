"""When a shop is read and how far: its cursor and lease, its lists page by page, its nightly sweeps."""

from ingest.polling.cursors import make_due
from ingest.polling.poller import Poller

__all__ = [
    "Poller",
    "make_due",
]
