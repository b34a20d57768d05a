"""What people leave out of the books, and take in again."""

from invoice_writer.excluding.by_person import Exclusions
from invoice_writer.excluding.known import read_known

__all__ = [
    "Exclusions",
    "read_known",
]
