"""Rows become typed objects where they are read, and nowhere else."""

from dataclasses import fields
from pathlib import Path

import api
from api.queries.documents import DETAILED, LISTED
from api.stored_documents import ListedDocument, StoredDocument

API = Path(api.__file__).parent


def test_a_document_has_a_field_for_each_column_that_is_read() -> None:
    assert [one.name for one in fields(ListedDocument)] == [column.key for column in LISTED]
    assert [one.name for one in fields(StoredDocument)] == [column.key for column in (*LISTED, *DETAILED)]


def test_rows_without_a_type_leave_no_module_of_queries() -> None:
    named = [path.relative_to(API) for path in API.rglob("*.py") if "Row[Any]" in path.read_text()]
    assert named
    assert {path.parts[0] for path in named} == {"queries"}
