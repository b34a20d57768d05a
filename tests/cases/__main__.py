"""Writes docs/tax-cases.md and the explanations beside the rows: `PYTHONPATH=tests python -m cases`."""

from pathlib import Path

from cases.page import explanations, page

HERE = Path(__file__).resolve().parent

(HERE.parents[1] / "docs" / "tax-cases.md").write_text(page(), "utf-8")
(HERE / "explanations.jsonl").write_text(explanations(), "utf-8")
