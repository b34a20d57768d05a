"""The sixteen stops of the walkthrough are where the page says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "walkthrough.md").read_text()
STOPS = re.findall(r"^### (\d+)\. `(\S+)` `(\S+)`$", PAGE, flags=re.MULTILINE)


def defined(tree: ast.AST, inside: str = "") -> set[str]:
    """Every function and class of a module by its qualified name."""
    names = set[str]()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names |= {f"{inside}{node.name}"} | defined(node, f"{inside}{node.name}.")
    return names


def test_there_are_sixteen_stops_in_their_order() -> None:
    assert [int(number) for number, _, _ in STOPS] == list(range(1, 17))


@pytest.mark.parametrize(("path", "name"), [stop[1:] for stop in STOPS])
def test_each_stop_is_where_the_page_says(path: str, name: str) -> None:
    (file,) = [*ROOT.glob(f"libs/*/src/{path}"), *ROOT.glob(f"services/*/src/{path}")]
    assert name in defined(ast.parse(file.read_text()))


def test_each_stop_says_what_holds_and_what_a_crash_leaves() -> None:
    parts = re.split(r"^### .*$|^## .*$", PAGE, flags=re.MULTILINE)
    told = [part for part in parts[1:] if part.strip()]
    assert len(told) == len(STOPS)
    assert [part for part in told if "**Holds:**" not in part or "**A crash leaves**" not in part] == []
