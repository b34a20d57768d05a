"""A simulator of the Lexware Office API: bookkeeping vouchers, contacts, files, OAuth, limits and lag."""
