"""How measured sections come into the document."""

from pathlib import Path

import pytest

from bench.report import NoPlace, Section, inserted, write

DOCUMENT = (
    "# Title\n\n<!-- begin rate -->\nold\n<!-- end rate -->\n\nwords\n\n"
    "<!-- begin latency -->\n<!-- end latency -->\n"
)


def test_only_the_named_section_is_replaced() -> None:
    changed = inserted(DOCUMENT, "rate", r"new \1")

    assert changed == DOCUMENT.replace("old", r"new \1")


def test_a_section_without_a_place_is_refused() -> None:
    with pytest.raises(NoPlace, match="begin throughput"):
        inserted(DOCUMENT, "throughput", "new")


def test_a_written_section_tells_how_it_was_measured(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(DOCUMENT)

    write(document, Section("rate", "| 100 % |", ("PostgreSQL 99",)), "python -m bench rate")

    text = document.read_text()
    assert "old" not in text
    assert text.index("Measured") < text.index("PostgreSQL 99") < text.index("`python -m bench rate`")
    assert "| 100 % |" in text
