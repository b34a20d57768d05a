"""A document that may be decided again: what its row says of it, read in one place."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.books import OutcomeRow
from common.domain.documents import DocumentRef
from common.domain.stored_words import DocumentStatus


@dataclass(frozen=True, slots=True)
class Candidate(DocumentRef):
    """A document by name, and the status and revision that it would be decided again from.

    `queued_revision` is the one that was put back in line by itself.
    """

    document_id: UUID
    status: DocumentStatus
    reason: str | None
    revision: int
    queued_revision: int | None
    first_seen_at: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> "Candidate":
        """The document of a row that has `COLUMNS` among its own."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    @property
    def place(self) -> tuple[datetime, UUID]:
        """What documents are taken one after the other by, as `PLACE` of rows."""
        return self.first_seen_at, self.document_id


COLUMNS = tuple(getattr(OutcomeRow, field.name) for field in fields(Candidate))
PLACE = (OutcomeRow.first_seen_at, OutcomeRow.document_id)


async def list_candidates(session: AsyncSession, query: Select[Any]) -> list[Candidate]:
    """Read the documents of a query of `COLUMNS`, in its order."""
    return [Candidate.from_row(row) for row in await session.execute(query)]
