"""VAT ids: what follows from answers that come after the booking."""
