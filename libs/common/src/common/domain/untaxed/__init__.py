"""Amounts without VAT: by which cause each line has none, and which of them are vouchers and no sale."""
