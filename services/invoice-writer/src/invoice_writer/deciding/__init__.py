"""From an issued document to a decision to write, or to an outcome to record."""

from invoice_writer.deciding.corrected_invoices import CORRECTED, fetch_again
from invoice_writer.deciding.decider import Decider
from invoice_writer.deciding.open_writes import SETTINGS_VERSION
from invoice_writer.deciding.plan import VoucherPlan
from invoice_writer.deciding.profiles import BooksProfiles

__all__ = [
    "CORRECTED",
    "SETTINGS_VERSION",
    "BooksProfiles",
    "Decider",
    "VoucherPlan",
    "fetch_again",
]
