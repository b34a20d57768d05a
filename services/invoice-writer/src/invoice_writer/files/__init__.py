"""The PDF of a document: brought to its voucher, and the e-invoice inside it compared."""

from invoice_writer.files.accepting import EInvoiceDifferences
from invoice_writer.files.einvoices import EInvoices
from invoice_writer.files.filing import Filing

__all__ = [
    "EInvoiceDifferences",
    "EInvoices",
    "Filing",
]
