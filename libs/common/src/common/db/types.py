"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

WordT = TypeVar("WordT", bound=StrEnum)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC and read back aware; naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StoredWord(TypeDecorator[WordT], Generic[WordT]):
    """A word of a closed list, kept as plain text; a word that is not on the list is not written.

    A newer release beside us, or one that was taken back, may have written a word that this release does
    not know. It is read as a member of its own that equals no other, so that a row stops nobody who reads
    it, no branch takes it for something it is not, and it is written back as it was.
    """

    impl = String
    cache_ok = True

    def __init__(self, words: type[WordT]) -> None:
        super().__init__()
        self.words = words
        self._known: dict[str, WordT] = {word.value: word for word in words}

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, self.words):
            return value and value.value
        return self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> WordT | None:
        if value is None:
            return None
        known = self._known.get(value)
        return unknown_word(self.words, value) if known is None else known


def unknown_word(words: type[WordT], text: str) -> WordT:
    """A word of the list's kind that is none of its members."""
    word = str.__new__(words, text)
    word._name_, word._value_ = f"UNKNOWN_{text}", text
    return word


JsonType = JSON().with_variant(JSONB(), "postgresql")
BigIntId = BigInteger().with_variant(Integer(), "sqlite")
