"""Where tables are, for statements of revisions that the schema translation does not reach."""

from alembic import op


def is_sqlite() -> bool:
    """Whether the revision runs on SQLite, which knows no schemas and rebuilds tables to change them."""
    return op.get_bind().dialect.name == "sqlite"


def schema(name: str) -> str | None:
    """The schema as this database knows it."""
    return None if is_sqlite() else name


def table(schema_name: str, name: str) -> str:
    """The table as plain SQL names it."""
    return name if is_sqlite() else f"{schema_name}.{name}"
