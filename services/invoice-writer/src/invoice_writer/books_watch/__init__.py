"""How the books are read: list by list, row by row, and what happens when a list cannot be read."""
