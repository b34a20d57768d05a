"""Each row of what generators write is held by a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_row_about_a_generator_names_a_test_that_there_is() -> None:
    page = (ROOT / "docs" / "einvoices.md").read_text().split("## What generators write")[1]
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)\(", sources))
    held = {row: re.findall(r"`(test_\w+)` \|$", row) for row in rows}
    assert len(rows) > 20
    assert {row: tests for row, tests in held.items() if len(tests) != 1 or not known.issuperset(tests)} == {}
