"""Inserts with ON CONFLICT take part in the statement cache without freezing their values."""

from typing import Any

import pytest

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.upserts import PostgresInsert, SqliteInsert

BOTH = pytest.mark.parametrize("insert", [PostgresInsert, SqliteInsert])


def changing(insert: Any, status: str) -> Any:
    """An insert that changes the row that is there."""
    changes = {"status": status, "revision": OutcomeRow.revision + 1, "changed_at": db_now()}
    return insert(OutcomeRow).on_conflict_do_update(index_elements=["document_id"], set_=changes)


@BOTH
def test_statements_that_differ_only_in_values_share_one_compiled_text(insert: Any) -> None:
    one, other = (changing(insert, status)._generate_cache_key() for status in ("booked", "parked"))

    assert one is not None
    assert one == other


@BOTH
def test_a_changed_value_is_a_parameter_of_its_own_statement(insert: Any) -> None:
    values = [parameter.value for parameter in changing(insert, "parked")._generate_cache_key().bindparams]

    assert "parked" in values


@BOTH
def test_statements_that_do_something_else_on_conflict_are_told_apart(insert: Any) -> None:
    row = insert(OutcomeRow.__table__)
    only = row.excluded.status == "live"
    changes = {"status": row.excluded.status}
    statements = [
        row,
        row.on_conflict_do_nothing(),
        row.on_conflict_do_nothing(index_elements=["document_id"]),
        row.on_conflict_do_update(index_elements=["document_id"], set_=changes),
        row.on_conflict_do_update(index_elements=["document_id"], set_=changes, where=only),
        row.on_conflict_do_update(index_elements=["order_id"], set_=changes),
        row.on_conflict_do_update(index_elements=["document_id"], set_={"reason": row.excluded.reason}),
    ]

    assert len({statement._generate_cache_key().key for statement in statements}) == len(statements)
