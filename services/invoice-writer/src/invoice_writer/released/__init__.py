"""Documents that are decided again: marked once when their cause is gone, put in line a portion at a time."""

from invoice_writer.released.commands import is_automatic, requeue
from invoice_writer.released.marks import COLUMNS, PLACE, mark, newest_place, not_requeued
from invoice_writer.released.portions import Portions
from invoice_writer.released.requeueing import BY_CONNECTION, BY_PROFILE, release, release_reasons

__all__ = [
    "BY_CONNECTION",
    "BY_PROFILE",
    "COLUMNS",
    "PLACE",
    "Portions",
    "is_automatic",
    "mark",
    "newest_place",
    "not_requeued",
    "release",
    "release_reasons",
    "requeue",
]
