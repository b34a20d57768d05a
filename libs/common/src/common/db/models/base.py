"""The declarative base and columns that many tables share."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from common.db.dialect import db_now
from common.db.types import BigIntId, JsonType, StoredWord, UtcDateTime
from common.domain import stored_words
from common.domain.connection_troubles import ConnectionTrouble
from common.domain.documents import DocumentType
from common.domain.verdicts import EInvoiceProblem

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
CLOSED_LISTS: tuple[type[StrEnum], ...] = (
    *stored_words.ALL,
    ConnectionTrouble,
    DocumentType,
    EInvoiceProblem,
)
STORED_WORDS: dict[Any, Any] = {words: StoredWord(words) for words in CLOSED_LISTS}

# 32 bits end at 21,474,836.47, which is no large sum in rupiah or dong.
MinorUnits = Annotated[int, mapped_column(BigInteger())]


class Base(DeclarativeBase):
    """Every table of the product; schemas say who owns it."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime(),
        dict[str, Any]: JsonType,
        list[Any]: JsonType,
        **STORED_WORDS,
    }


class CreatedAt:
    """When the row was written, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=None, insert_default=db_now())


class OfTenant:
    """The tenant the row belongs to."""

    tenant_id: Mapped[UUID] = mapped_column(index=True)


def table(model: type[Base]) -> Table:
    """The table of a model, for statements that want rows and no objects."""
    return cast(Table, model.__table__)


def big_id() -> Mapped[int]:
    """A growing integer key."""
    return mapped_column(BigIntId, primary_key=True, autoincrement=True)
