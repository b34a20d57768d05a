"""INSERT … ON CONFLICT whose compiled text is remembered; SQLAlchemy 2.0 compiles its own anew each time."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import dml as postgresql_dml
from sqlalchemy.dialects.sqlite import dml as sqlite_dml
from sqlalchemy.sql.visitors import InternalTraversal

# What tells two clauses apart, in the words of SQLAlchemy's statement cache.
TARGET = [
    ("inferred_target_elements", InternalTraversal.dp_plain_obj),
    ("inferred_target_whereclause", InternalTraversal.dp_clauseelement),
]
CHANGES = [
    ("update_values_to_set", InternalTraversal.dp_dml_ordered_values),
    ("update_whereclause", InternalTraversal.dp_clauseelement),
]


class _PostgresNothing(postgresql_dml.OnConflictDoNothing):
    _traverse_internals = TARGET


class _PostgresUpdate(postgresql_dml.OnConflictDoUpdate):
    _traverse_internals = TARGET + CHANGES


class _SqliteNothing(sqlite_dml.OnConflictDoNothing):
    _traverse_internals = TARGET


class _SqliteUpdate(sqlite_dml.OnConflictDoUpdate):
    _traverse_internals = TARGET + CHANGES


class PostgresInsert(postgresql.Insert):
    """An INSERT for PostgreSQL."""

    inherit_cache = True

    def on_conflict_do_nothing(  # type: ignore[override]
        self, *, index_elements: Sequence[str] | None = None
    ) -> Self:
        """Leave the row that is there as it is."""
        changed: Self = _with(self, _PostgresNothing(index_elements=index_elements))
        return changed

    def on_conflict_do_update(  # type: ignore[override]
        self,
        *,
        index_elements: Sequence[str],
        set_: Mapping[str, Any],
        where: Any = None,
        index_where: Any = None,
    ) -> Self:
        """Change the row that is there; `index_where` is the condition of a partial index."""
        target = {"index_elements": index_elements, "index_where": index_where}
        clause = _PostgresUpdate(**target, set_=_as_parameters(self, set_), where=where)
        changed: Self = _with(self, clause)
        return changed


class SqliteInsert(sqlite.Insert):
    """An INSERT for SQLite."""

    inherit_cache = True

    def on_conflict_do_nothing(  # type: ignore[override]
        self, *, index_elements: Sequence[str] | None = None
    ) -> Self:
        """Leave the row that is there as it is."""
        changed: Self = _with(self, _SqliteNothing(index_elements=index_elements))
        return changed

    def on_conflict_do_update(  # type: ignore[override]
        self,
        *,
        index_elements: Sequence[str],
        set_: Mapping[str, Any],
        where: Any = None,
        index_where: Any = None,
    ) -> Self:
        """Change the row that is there; `index_where` is the condition of a partial index."""
        target = {"index_elements": index_elements, "index_where": index_where}
        clause = _SqliteUpdate(**target, set_=_as_parameters(self, set_), where=where)
        changed: Self = _with(self, clause)
        return changed


def _with(statement: Any, clause: Any) -> Any:
    if clause.inferred_target_elements is not None:
        clause.inferred_target_elements = tuple(clause.inferred_target_elements)  # cache keys are hashed
    changed = statement._generate()
    changed._post_values_clause = clause
    return changed


def _as_parameters(statement: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values as parameters: buried in a remembered statement they would be written again and again."""
    return {
        name: value if _is_expression(value) else literal(value, statement.table.c[name].type)
        for name, value in values.items()
    }


def _is_expression(value: Any) -> bool:
    return hasattr(value, "_gen_cache_key") or hasattr(value, "__clause_element__")
