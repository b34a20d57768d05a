"""A table with rows to be worked in turns, on both databases."""

import pytest

from common.db.engine import Database
from support.due import SHAPES, WITH_TWO_COLUMNS, Jobs


@pytest.fixture
def shape() -> str:
    """How the table says that a row is due, and that it is held."""
    return WITH_TWO_COLUMNS


@pytest.fixture
async def jobs(shape: str, database: Database) -> Jobs:
    """No rows yet."""
    made = Jobs(database, SHAPES[shape])
    await made.make()
    return made
