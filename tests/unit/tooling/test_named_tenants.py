"""Transactions are opened in one place, and few modules may look at all tenants at once."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HOME = "libs/common/src/common/db/"
EVERYBODY = {  # who reaches whole rows of all tenants, and why
    "services/api/src/api/access/auth.py": "a token says whose it is",
    "services/api/src/api/access/transactions.py": "an operator sees all",
    "services/api/src/api/connections/asking.py": "a shop is linked under one tenant at a time",
    "services/api/src/api/connections/watch.py": "what is linked twice is told to both",
    "services/api/src/api/routes/connections.py": "a shop is linked under one tenant at a time",
    "services/ingest/src/ingest/connections.py": "a connection says whose it is",
    "services/invoice-writer/src/invoice_writer/books_watch/watch.py": "rows that changed, whosever",
    "services/invoice-writer/src/invoice_writer/duplicates/adopting.py": "another tenant may be at work",
    "services/invoice-writer/src/invoice_writer/duplicates/looking.py": "books are one organization's",
    "services/invoice-writer/src/invoice_writer/rechecking/connection_watch.py": "a look at all books",
    "services/invoice-writer/src/invoice_writer/rechecking/dispatches.py": "a look at all orders",
    "services/invoice-writer/src/invoice_writer/rechecking/turnover.py": "a look at all turnovers",
    "services/invoice-writer/src/invoice_writer/vouchers/elsewhere.py": "books are one organization's",
    "services/invoice-writer/src/invoice_writer/writing/writer.py": "books are one organization's",
    "services/standalone/src/standalone/keys.py": "keys are checked before anybody works",
}


def sources() -> dict[str, ast.Module]:
    paths = [path for part in ("libs", "services") for path in (ROOT / part).rglob("*.py")]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(paths)}


def names_in(tree: ast.Module) -> set[str]:
    """Every attribute and name that a module uses."""
    nodes = list(ast.walk(tree))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in nodes if isinstance(node, ast.Name)}


def test_sessions_are_made_by_the_database_room_only() -> None:
    makers = {"async_sessionmaker", "sessionmaker", "create_async_engine"}
    used = {name: names_in(tree) & makers for name, tree in sources().items() if not name.startswith(HOME)}
    assert {name: found for name, found in used.items() if found} == {}


def test_only_those_with_a_reason_reach_all_tenants() -> None:
    found = {
        name
        for name, tree in sources().items()
        if not name.startswith(HOME) and "of_all_tenants" in names_in(tree)
    }
    assert found == EVERYBODY.keys()
