"""VAT ids: asked about beside the line, recorded as evidence, and answers that come late."""

from invoice_writer.vat.checks import CHECK_PENDING, VatChecks, VatCheckWorker

__all__ = [
    "CHECK_PENDING",
    "VatCheckWorker",
    "VatChecks",
]
