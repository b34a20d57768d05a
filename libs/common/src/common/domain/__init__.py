"""Pure bookkeeping: money, documents, tax and decisions; no input or output."""
