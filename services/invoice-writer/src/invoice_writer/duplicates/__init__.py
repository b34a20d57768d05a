"""Documents that the books hold twice: found once a day, reported, and repaired by a person."""

from invoice_writer.duplicates.adopting import Adopting
from invoice_writer.duplicates.looking import DuplicateWatch
from invoice_writer.duplicates.saying import Sayings

__all__ = [
    "Adopting",
    "DuplicateWatch",
    "Sayings",
]
