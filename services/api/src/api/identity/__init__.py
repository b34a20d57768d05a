"""Which connections lead to the same shop or the same books, and what follows from it."""
