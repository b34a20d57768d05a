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
MAKES_ITS_OBJECT = {  # where the object is another room's, or there is a column to take only
    "api/queries/parked.py: _cause",
    "api/queries/parked.py: _sample",
    "common/effects/sql_numbers.py: _elsewhere",
    "common/inbox/claim.py: _message",
    "common/outbox/slots.py: _outgoing",
    "ingest/polling/cursors.py: _read",
    "invoice_writer/books_watch/bound.py: _as_listed",
    "invoice_writer/books_watch/stalled.py: _stalled",
    "invoice_writer/books_watch/watch.py: _due_books",
    "invoice_writer/contacts/rows.py: _known",
    "invoice_writer/duplicates/finding.py: _bound",
    "invoice_writer/duplicates/looking.py: _books",
    "invoice_writer/outcomes/rows.py: _state_of",
    "invoice_writer/rechecking/recheck.py: _reading_of",
    "invoice_writer/vat/records.py: _question",
}
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
    """A misspelt column of a row passes the type checker: whoever else wants it gets an object made of it."""
    found = set()
    for where, function in functions():
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        named = {argument.arg: named_in(argument.annotation) for argument in arguments}
        given = [*named.values(), named_in(function.returns)]
        is_any = any(kind == "Any" for name, kind in named.items() if name in {"row", "rows"})
        if is_any or any(re.search(r"\bRow\[", kind) for kind in given):
            found |= {where} if function.name != "from_row" else set()
    assert {where.rpartition("/src/")[2] for where in found} == MAKES_ITS_OBJECT


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
