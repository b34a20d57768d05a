"""What pages and docstrings name is there: a file that moves takes along what is said of it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tools import mutation

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = {"common", "sandbox", "ingest", "invoice_writer", "transit_writer", "api", "standalone"}
FOLDERS = {"libs", "services", "tests", "tools", "docs", "bench", "findings", "requirements"}
NAMED = re.compile(r"`([A-Za-z_][\w-]*(?:/[\w.-]+)+)/?`")
METHOD = re.compile(r"`([A-Z]\w+)\.(\w+)`")
GONE = "common/nothing"
TELLS_HISTORY = ("CHANGELOG.md", "docs/decisions/")


@cache
def files() -> list[str]:
    """Every file of ours by its path."""
    found = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    return [
        str(path.relative_to(ROOT)) for path in found if path.is_file() and "__pycache__" not in path.parts
    ]


@cache
def ends() -> set[str]:
    """Every path of a file or folder, and every end of one."""
    paths = {*files(), *(str(folder) for name in files() for folder in Path(name).parents)}
    parts = [path.split("/") for path in paths]
    return {"/".join(part[begin:]) for part in parts for begin in range(len(part))}


def missing(text: str) -> Iterator[str]:
    """Paths of ours that a text names in backticks and that are not there."""
    for path in NAMED.findall(text):
        if path.split("/")[0] in PACKAGES | FOLDERS and not {path, f"{path}.py"} & ends():
            yield path


@cache
def members() -> dict[str, set[str]]:
    """What each class of ours has of its own, by the class's name."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in files():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse((ROOT / name).read_text())):
                if isinstance(node, ast.ClassDef):
                    found[node.name] |= {word for part in node.body for word in _names(part)}
    return found


def _names(part: ast.AST) -> Iterator[str]:
    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
        yield part.name
    for node in ast.walk(part):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def lost_members(text: str) -> Iterator[str]:
    """`Class.member` of ours that a text names and the class does not have."""
    for owner, member in METHOD.findall(text):
        if owner in members() and member not in members()[owner]:
            yield f"{owner}.{member}"


def test_every_member_of_a_class_that_is_named_is_there() -> None:
    told = [name for name in files() if name.endswith((".md", ".py")) and not name.startswith(TELLS_HISTORY)]
    gone = {name: found for name in told if (found := [*lost_members((ROOT / name).read_text())])}
    assert gone == {}


def test_a_member_that_is_gone_is_seen() -> None:
    lost = "Worker.dig"
    assert [*lost_members(f"`Worker._claim` and `{lost}` and `Nobody.run`")] == [lost]


def test_every_path_that_is_named_is_there() -> None:
    told = [name for name in files() if name.endswith((".md", ".py")) and not name.startswith(TELLS_HISTORY)]
    gone = {name: found for name in told if (found := [*missing((ROOT / name).read_text())])}
    assert gone == {}


def test_a_path_that_is_gone_is_seen() -> None:
    assert [*missing(f"`{GONE}` and `common/effects` and `orders/draft`")] == [GONE]


def test_the_mutation_check_finds_its_modules_and_their_tests() -> None:
    assert [name for name in mutation.MODULES if not (mutation.DOMAIN / f"{name}.py").is_file()] == []
    assert [pattern for pattern in mutation.TESTS if not [*(ROOT / "tests").glob(pattern)]] == []
