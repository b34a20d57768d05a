"""What the models must look like for a comparison with a database, and which objects take part in it."""

from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.schema import BLANK_SCHEMA

from common.db.models import Base
from common.db.models.base import NAMING


def comparable_metadata(dialect_name: str) -> MetaData:
    """The models' tables as this database holds them: SQLite knows no schemas."""
    if dialect_name != "sqlite":
        return Base.metadata
    flat = MetaData(naming_convention=NAMING)
    for table in Base.metadata.sorted_tables:
        no_schema: Any = {"schema": None, "referred_schema_fn": lambda *_: BLANK_SCHEMA}
        table.to_metadata(flat, **no_schema)
    return flat


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Whether Alembic looks at the object; its own table is nobody's model."""
    return not (kind == "table" and name == "alembic_version")
