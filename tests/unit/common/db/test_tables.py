"""The table behind a model."""

from common.db.models.base import Base, table
from common.db.models.line import InboxRow, OutboxRow


def test_the_table_of_a_model_is_the_one_that_migrations_are_held_against() -> None:
    for model in (InboxRow, OutboxRow):
        assert table(model) is Base.metadata.tables[table(model).key]
        assert table(model).name == model.__tablename__
