"""Whatever can wait stands in docs/waiting.md with its end, and a test that is there holds each row."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import common.db.models
from common.db.models.base import Base
from common.domain.alarms import AlarmKind
from common.domain.reasons import REASONS, ActingParty, DocumentReason

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "waiting.md").read_text("utf-8")
LINES = [line for line in PAGE.splitlines() if line.startswith("| ")][2:]
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES]
OF_OLDER_RELEASES = "books_unavailable"  # nothing is given this reason any more
FOR_LATER = re.compile(r"(_until|_since|(^|_)(retry|due|expires|intent|next_\w+)_at)$")


def kept_for_later() -> set[str]:
    """Every column that keeps a moment for later."""
    for module in pkgutil.iter_modules(common.db.models.__path__):
        importlib.import_module(f"common.db.models.{module.name}")
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if FOR_LATER.search(column.name)
    }


def test_every_moment_that_is_kept_for_later_has_its_end_on_the_page() -> None:
    assert {column for column in kept_for_later() if f"`{column}`" not in PAGE} == set()


def test_every_reason_that_nobody_acts_on_has_its_end_on_the_page() -> None:
    waiting = {reason.value for reason in DocumentReason if REASONS[reason].who is ActingParty.NOBODY}
    assert {reason for reason in waiting if f"`{reason}`" not in PAGE} == {"in_line", OF_OLDER_RELEASES}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_row_is_whole_and_held_by_a_test_that_is_there(row: list[str]) -> None:
    assert len(row) == 5 and all(row)
    path, _, name = row[4].strip("`").partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert not name or any(getattr(node, "name", None) == name for node in ast.walk(tree))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_row_names_alarms_that_exist(row: list[str]) -> None:
    named = re.findall(r"alarm `(\w+)`", " ".join(row))
    assert set(named) <= {kind.value for kind in AlarmKind}
