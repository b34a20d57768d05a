"""Prints docs/tax-cases.md: `PYTHONPATH=tests python -m cases`."""

from cases.page import page

print(page(), end="")
