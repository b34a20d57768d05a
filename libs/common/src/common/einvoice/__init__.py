"""The machine-readable part of invoices: found in PDF files, read with suspicion."""
