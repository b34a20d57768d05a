"""The code stays as small and as plain as the project promises its readers."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("libs", "services", "tools", "bench", "tests")
LONGEST_FUNCTION = 40
LONGEST_FILE = 300
MOST_FILES, MOST_TESTS = 20, 24  # of a folder
MIGRATIONS = "migrations"  # a migration is one long list of statements, written once


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.fixture(scope="module")
def modules() -> dict[str, tuple[str, ast.Module]]:
    """Text and syntax tree of every module, tests too, by its path."""
    sources = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
    paths = [path for path in sources if MIGRATIONS not in path.parts]
    return {str(path.relative_to(ROOT)): (text := path.read_text(), ast.parse(text)) for path in paths}


def test_no_file_is_longer_than_a_reader_can_hold(modules: dict[str, tuple[str, ast.Module]]) -> None:
    lengths = {name: len(text.splitlines()) for name, (text, _) in modules.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_folder_holds_more_than_a_reader_can_overlook(modules: dict[str, tuple[str, ast.Module]]) -> None:
    held = Counter(str(Path(name).parent) for name in modules if not name.endswith("__init__.py"))
    most = {folder: MOST_TESTS if folder.startswith("tests") else MOST_FILES for folder in held}
    assert {folder: files for folder, files in held.items() if files > most[folder]} == {}


def test_no_function_is_longer_than_a_screen(modules: dict[str, tuple[str, ast.Module]]) -> None:
    too_long = {
        f"{name}:{function.lineno} {function.name}": lines
        for name, (_, tree) in modules.items()
        for function in functions(tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_every_module_says_what_it_is_for(modules: dict[str, tuple[str, ast.Module]]) -> None:
    assert [name for name, (_, tree) in modules.items() if not ast.get_docstring(tree)] == []


def test_nothing_is_imported_inside_a_function(modules: dict[str, tuple[str, ast.Module]]) -> None:
    inside = [
        f"{name}:{node.lineno}"
        for name, (_, tree) in modules.items()
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []
