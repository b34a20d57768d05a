"""The PDF of a document: brought to its voucher, and the e-invoice inside it compared."""

from invoice_writer.files.accepting import EInvoiceDifferences
from invoice_writer.files.attaching import FileAttacher
from invoice_writer.files.effect import VoucherFile
from invoice_writer.files.einvoices import EInvoices
from invoice_writer.files.uploading import (
    AT_ONCE,
    MOST_UPLOADS,
    FileAttached,
    FileRefused,
    FileResult,
    VoucherFiles,
)

__all__ = [
    "AT_ONCE",
    "MOST_UPLOADS",
    "EInvoiceDifferences",
    "EInvoices",
    "FileAttached",
    "FileAttacher",
    "FileRefused",
    "FileResult",
    "VoucherFile",
    "VoucherFiles",
]
