"""What differs between shops and books is asked in one room."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import api
from api.kinds.registry import KINDS, kind_of
from api.schemas.connections import (
    BooksConnectionCreate,
    ConnectionRead,
    OAuthTokens,
    ShopConnectionCreate,
)

API = Path(api.__file__).parent
WORDS, NAMES = {*KINDS, "psp"}, {"SHOP", "BOOKS", "PSP"}


def asks(node: ast.AST) -> bool:
    """Whether this part of the code does one thing for one kind of connection and another for another.

    A query that selects by the column of a kind is no such question.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        return "ConnectionCreate" in ast.dump(node.args[1])
    if isinstance(node, ast.MatchValue):
        return _names_kind(node.value)
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    return any(_names_kind(side) for side in sides) and not any(_is_column(side) for side in sides)


def _names_kind(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.Set | ast.List):
        return any(_names_kind(one) for one in node.elts)
    if isinstance(node, ast.Constant):
        return node.value in WORDS
    if isinstance(node, ast.Attribute):
        return node.attr in NAMES and ast.unparse(node.value).endswith("ConnectionKind")
    return isinstance(node, ast.Name) and node.id in NAMES


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "ConnectionRow.kind"


def questions(source: str) -> Iterator[str]:
    return (ast.unparse(node) for node in ast.walk(ast.parse(source)) if asks(node))


def test_only_the_room_of_kinds_asks_for_the_kind_of_a_connection() -> None:
    outside = [path for path in API.rglob("*.py") if "kinds" not in path.relative_to(API).parts]
    assert len(outside) > 50
    found = {str(path.relative_to(API)): [*questions(path.read_text())] for path in outside}
    assert {name: asked for name, asked in found.items() if asked} == {}


def test_the_look_for_such_questions_finds_them() -> None:
    asked = (
        "row.kind == 'shop'",
        "row.kind != BOOKS",
        "row.kind == ConnectionKind.BOOKS",
        "row.kind in (stored_words.ConnectionKind.SHOP, ConnectionKind.PSP)",
        "row.kind in ('shop', 'psp')",
        "isinstance(wanted, ShopConnectionCreate)",
    )
    assert [*questions("\n".join(asked))] == [*asked]
    assert [*questions("match row.kind:\n    case 'books':\n        pass")] == ["'books'"]
    assert [*questions("select(ConnectionRow).where(ConnectionRow.kind == BOOKS)")] == []


def test_each_kind_the_interface_takes_and_shows_has_its_answers() -> None:
    assert {*get_args(ConnectionRead.model_fields["kind"].annotation)} == KINDS.keys()
    pair = OAuthTokens.model_validate({"access_token": "a" * 8, "refresh_token": "r" * 8, "expires_in": 1})
    books = BooksConnectionCreate(kind="books", name="Books", oauth=pair)
    given = {"kind": "shop", "name": "Shop", "base_url": "https://shop.example", "access_token": "t" * 8}
    assert kind_of(books) is KINDS["books"]
    assert kind_of(ShopConnectionCreate.model_validate(given)) is KINDS["shop"]


def test_a_shop_is_fetched_from_and_books_are_not() -> None:
    assert [kind.can_be_fetched for kind in (KINDS["shop"], KINDS["books"])] == [True, False]
