"""A migration only adds, so that the release before runs beside it; what it replaced goes a release later."""

import ast
from pathlib import Path

import pytest

VERSIONS = Path(__file__).resolve().parents[3] / "libs/common/src/common/db/migrations/versions"
FILES = {path.stem: path for path in sorted(VERSIONS.glob("[0-9]*.py"))}
REMOVES = {"drop_table", "drop_column", "drop_constraint", "drop_index", "rename_table"}
SQL = ("DROP ", "TRUNCATE ", "RENAME ")
CONTRACTS = "contracts"  # the revision whose replacement has been out for a release


def tree_of(name: str) -> ast.Module:
    """The syntax tree of one migration."""
    return ast.parse(FILES[name].read_text())


def constants(name: str) -> dict[str, object]:
    """The plain values a migration assigns at its top."""
    return {
        target.id: node.value.value
        for node in tree_of(name).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def removals(tree: ast.Module) -> list[str]:
    """What a migration takes away on its way up, by call or by a statement in words."""
    up = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "downgrade")]
    found = []
    for node in (inner for outer in up for inner in ast.walk(outer)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            is_narrowed = name == "alter_column" and any(_narrows(keyword) for keyword in node.keywords)
            if name in REMOVES or is_narrowed:
                found.append(name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [word.strip() for word in SQL if node.value.lstrip().startswith(word)]
            found += [
                word.strip() for word in SQL if "ALTER TABLE" in node.value and f" {word}" in node.value
            ]
    return found


def _narrows(keyword: ast.keyword) -> bool:
    is_required = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
    return keyword.arg in {"new_column_name", "type_"} or (keyword.arg == "nullable" and is_required)


def test_the_history_is_one_line_in_the_order_of_its_files() -> None:
    before = [None, *(name[:4] for name in FILES)]
    for name, earlier in zip(FILES, before, strict=False):
        said = constants(name)
        assert (said["revision"], said["down_revision"]) == (name[:4], earlier)


@pytest.mark.parametrize("name", FILES)
def test_a_migration_says_in_a_sentence_what_is_new(name: str) -> None:
    said = ast.get_docstring(tree_of(name)) or ""
    assert said.endswith(".")
    assert " " in said


@pytest.mark.parametrize("name", FILES)
def test_nothing_the_release_before_needs_is_taken_away(name: str) -> None:
    """What goes names the earlier revision that replaced it: `contracts = "0019"`."""
    gone, contracts = removals(tree_of(name)), constants(name).get(CONTRACTS)
    if contracts is None:
        assert gone == []
    else:
        assert str(contracts) < name[:4]
        assert str(contracts) in {other[:4] for other in FILES}


@pytest.mark.parametrize(
    "statement",
    [
        'op.drop_column("inbox", "state")',
        'op.rename_table("inbox", "letters")',
        'op.execute("DROP TABLE inbox")',
        'op.execute("ALTER TABLE inbox DROP COLUMN state")',
        'op.alter_column("inbox", "state", nullable=False)',
        'op.alter_column("inbox", "state", new_column_name="standing")',
    ],
)
def test_each_way_of_taking_away_is_seen(statement: str) -> None:
    assert removals(ast.parse(f"def upgrade():\n    {statement}\n")) != []
    assert removals(ast.parse(f"def downgrade():\n    {statement}\n")) == []
