"""Documents that are decided again: marked once when their cause is gone, put in line a portion at a time."""

from invoice_writer.released.candidates import COLUMNS, PLACE, Candidate, list_candidates
from invoice_writer.released.commands import Requeued, is_automatic, requeue
from invoice_writer.released.marks import mark, newest_place, not_requeued
from invoice_writer.released.portions import Portions
from invoice_writer.released.requeueing import release, release_reasons, rest_of

__all__ = [
    "COLUMNS",
    "PLACE",
    "Candidate",
    "Portions",
    "Requeued",
    "is_automatic",
    "list_candidates",
    "mark",
    "newest_place",
    "not_requeued",
    "release",
    "release_reasons",
    "requeue",
    "rest_of",
]
