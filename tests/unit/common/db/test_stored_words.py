"""Words of closed lists in columns: what is written, what is read, and that no column keeps another."""

from enum import StrEnum

import pytest
from sqlalchemy import Dialect, Enum, String, make_url

from api.schemas.documents import FileStatus, Status
from common.db.models import Base
from common.db.models.base import CLOSED_LISTS
from common.db.types import StoredWord
from common.domain import stored_words
from common.domain.stored_words import ALL, DocumentStatus, FileState

DIALECTS: list[Dialect] = [make_url(url).get_dialect()() for url in ("sqlite://", "postgresql+asyncpg://")]
STATUS = StoredWord(DocumentStatus)
COLUMNS = [column for table in Base.metadata.sorted_tables for column in table.columns]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_word_is_kept_as_plain_text(dialect: Dialect) -> None:
    kept = STATUS.process_bind_param(DocumentStatus.PARKED, dialect)
    assert (type(kept), kept) == (str, "parked")
    assert STATUS.process_bind_param("parked", dialect) == "parked"
    assert STATUS.compile(dialect=dialect) == String().compile(dialect=dialect)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_word_comes_back_as_its_member(dialect: Dialect) -> None:
    assert STATUS.process_result_value("parked", dialect) is DocumentStatus.PARKED
    assert STATUS.process_result_value(None, dialect) is None


def test_a_misspelt_word_is_not_written() -> None:
    with pytest.raises(ValueError, match="parkd"):
        STATUS.process_bind_param("parkd", DIALECTS[0])


def test_a_word_of_a_newer_release_is_kept_as_it_is_and_taken_for_no_other() -> None:
    newer = STATUS.process_result_value("shelved", DIALECTS[0])
    assert newer is not None
    assert isinstance(newer, DocumentStatus)
    assert (newer, str(newer), newer.value, f"{newer}") == ("shelved", "shelved", "shelved", "shelved")
    assert not any(newer == word for word in DocumentStatus)
    assert STATUS.process_bind_param(newer, DIALECTS[0]) == "shelved"


def test_reading_a_newer_word_does_not_put_it_on_the_list() -> None:
    STATUS.process_result_value("shelved", DIALECTS[0])
    assert "shelved" not in [word.value for word in DocumentStatus]
    with pytest.raises(ValueError, match="shelved"):
        DocumentStatus("shelved")


def test_every_list_is_in_the_models_map() -> None:
    defined = [it for it in vars(stored_words).values() if isinstance(it, type) and issubclass(it, StrEnum)]
    assert set(ALL) == set(defined) - {StrEnum}
    assert set(ALL) <= set(CLOSED_LISTS)


def test_no_column_is_an_enum_of_the_database() -> None:
    assert [column for column in COLUMNS if isinstance(column.type, Enum)] == []


def test_the_api_says_the_words_that_are_stored() -> None:
    assert [word.value for word in Status] == [word.value for word in DocumentStatus]
    assert [word.value for word in FileStatus] == [word.value for word in FileState]
