"""Show that commits changed nothing in the tests but imports and names: `python -m tools.moved REVISION …`.

Every test file of a commit is compared with what it was, wherever it lay: the same statements, calls and
values in the same order. Names may differ, but one name becomes one other everywhere in the commit; so may
docstrings, and how many folders up the root is. Exit code 1 names what is more.
"""

import argparse
import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = "tests/"
LIKE = "-M30%"  # so much of a file must be left to be the one that moved


class MoreThanNames(Exception):
    """The two sides differ in what is done, not only in how it is called."""


@dataclass
class Renames:
    """Which names became which; one name must not become two."""

    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, old: str, new: str) -> None:
        """Remember that this name is called so now."""
        self.found[old].add(new)

    def changed(self) -> dict[str, str]:
        """Names that are called otherwise now."""
        return {old: ", ".join(sorted(new)) for old, new in sorted(self.found.items()) if new != {old}}

    def mixed(self) -> list[str]:
        """Names that became several: that may hide a change."""
        return sorted(old for old, new in self.found.items() if len(new) > 1)


def main() -> int:
    """Look at each commit and say what became of its tests; 1 when one changed more than names."""
    parser = argparse.ArgumentParser("python -m tools.moved", description=__doc__)
    parser.add_argument("revisions", nargs="+", metavar="REVISION", help="a commit, or a range A..B")
    parser.add_argument("--names", action="store_true", help="print each name with what it became")
    options = parser.parse_args()
    more = 0
    for commit in _commits(options.revisions):
        renames = Renames()
        problems = [*differences(commit, renames)]
        problems += [f"the name {name} became several" for name in renames.mixed()]
        said = "imports and names only" if not problems else f"more: {len(problems)}"
        sys.stdout.write(f"{_git('log', '-1', '--format=%h %s', commit).strip()}: {said}\n")
        sys.stdout.writelines(f"    {problem}\n" for problem in problems)
        if options.names:
            sys.stdout.writelines(f"    {old} -> {new}\n" for old, new in renames.changed().items())
        more += bool(problems)
    return int(more > 0)


def differences(commit: str, renames: Renames) -> Iterator[str]:
    """Say of each test file of a commit what is more than a name; renames are noted."""
    for status, old, new in _changed(commit):
        if status in "AD":
            yield f"{new}: {'added' if status == 'A' else 'removed'}"
            continue
        before, after = (_git("show", f"{commit}{at}:{path}") for at, path in (("^", old), ("", new)))
        try:
            compare(before, after, renames)
        except MoreThanNames as place:
            yield f"{new}: {place}"


def compare(before: str, after: str, renames: Renames) -> None:
    """Raise `MoreThanNames` with the place unless both say the same but for imports and names."""
    _compare_lists(_body(ast.parse(before)), _body(ast.parse(after)), renames, "")


def _body(module: ast.Module) -> list[ast.stmt]:
    return [node for node in module.body if not isinstance(node, ast.Import | ast.ImportFrom)]


def _compare_lists(old: Iterable[object], new: Iterable[object], renames: Renames, place: str) -> None:
    for one, other in zip_longest(old, new):
        _compare(one, other, renames, place)


def _compare(old: object, new: object, renames: Renames, place: str) -> None:
    was, now = _dotted(old), _dotted(new)
    if was is not None and now is not None:
        renames.note(was, now)
        return
    if type(old) is not type(new):
        raise MoreThanNames(place or "another statement")
    match old, new:
        case (ast.Expr(value=ast.Constant(value=str())), ast.Expr(value=ast.Constant(value=str()))):
            pass  # a docstring names what was renamed
        case ast.Subscript(value=ast.Attribute(attr="parents")), ast.Subscript(
            value=ast.Attribute(attr="parents")
        ):
            pass  # the way to the root from a file that lies deeper now
        case ast.AST(), ast.AST():
            place = f"line {getattr(new, 'lineno', None)}" if hasattr(new, "lineno") else place
            for name in old._fields:
                one, other = getattr(old, name, None), getattr(new, name, None)
                if name in ("id", "attr", "arg", "name") and isinstance(one, str) and isinstance(other, str):
                    renames.note(one, other)
                else:
                    _compare(one, other, renames, place)
        case list(), list():
            _compare_lists(old, new, renames, place)
        case str(), str() if old != new and _is_path(old) and _is_path(new):
            renames.note(old, new)
        case _ if old != new:
            raise MoreThanNames(f"{place}: {old!r} became {new!r}")
        case _:
            pass


def _dotted(node: object) -> str | None:
    """The whole of `a.b.c`; None for whatever is more than a name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr) if (inner := _dotted(value)) is not None:
            return f"{inner}.{attr}"
        case _:
            return None


def _is_path(text: str) -> bool:
    """Whether a text names a module or a file, which moves with it."""
    return " " not in text.strip() and ("/" in text or "." in text) and text.isascii()


def _changed(commit: str) -> Iterator[tuple[str, str, str]]:
    listed = _git("diff", LIKE, "--name-status", f"{commit}^", commit, "--", TESTS)
    for line in listed.splitlines():
        status, *paths = line.split("\t")
        if paths[-1].endswith(".py"):
            yield status[0], paths[0], paths[-1]


def _commits(revisions: Iterable[str]) -> Iterator[str]:
    for revision in revisions:
        one = [] if ".." in revision else ["--max-count=1"]
        yield from _git("rev-list", "--reverse", "--no-merges", *one, revision).split()


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
