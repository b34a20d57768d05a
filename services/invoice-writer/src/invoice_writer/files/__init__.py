"""The PDF of a document: brought to its voucher, and the e-invoice inside it compared."""

from invoice_writer.files.accepting import EInvoiceDifferences
from invoice_writer.files.attaching import FileAttacher
from invoice_writer.files.einvoices import EInvoices

__all__ = [
    "EInvoiceDifferences",
    "EInvoices",
    "FileAttacher",
]
