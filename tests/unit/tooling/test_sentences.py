"""What acts says so with its first word, and rows become objects where they are read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NO_VERB = re.compile(
    r"\W*(an?|the|all|as|at|both|by|each|every\w*|for|from|here|how|if|in|its?|many|more|most|newest|no|nobody|none|"
    r"nothing|of|on|one|only|our|past|several|so|some|that|there|these|this|those|to|until|what\w*|when|where|whether|"
    r"which\w*|while|who\w*|with)\b",
    re.IGNORECASE,
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of libs and services with where it stands; migrations aside."""
    for path in sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                yield f"{path.relative_to(ROOT)}: {node.name}", node


def acts(function: Function) -> bool:
    """Whether it is there for what it does: it awaits, and nothing comes back."""
    return isinstance(function, ast.AsyncFunctionDef) and named_in(function.returns) == "None"


def named_in(annotation: ast.expr | None) -> str:
    return "" if annotation is None else ast.unparse(annotation)


def test_what_acts_begins_with_a_verb() -> None:
    told = {
        where: said
        for where, function in functions()
        if acts(function) and (said := ast.get_docstring(function))
    }
    states = {where: said for where, said in told.items() if NO_VERB.match(said)}
    assert len(told) > 200
    assert states == {}


def test_a_row_goes_no_further_than_where_it_is_read() -> None:
    """A misspelt column of `Row[Any]` passes the type checker: others get an object made of it."""
    public = []
    for where, function in functions():
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        named = [named_in(argument.annotation) for argument in arguments] + [named_in(function.returns)]
        if any("Row[Any]" in name for name in named) and function.name != "from_row":
            public += [] if function.name.startswith("_") else [where]
    assert public == []


def test_one_name_of_a_class_has_one_meaning() -> None:
    """Vendors' rooms and the words of the interface aside: there the same word means the vendor's thing."""
    homes: dict[str, set[str]] = {}
    for path in sorted([*(ROOT / "libs/common/src").rglob("*.py"), *ROOT.glob("services/*/src/**/*.py")]):
        if not {"shops", "lexware", "schemas", "problems", "migrations"} & set(path.parts):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, set()).add(str(path.relative_to(ROOT)))
    each_service_has = {"Settings", "ClusterSettings"}
    assert {name: at for name, at in homes.items() if len(at) > 1 and name not in each_service_has} == {}
