"""Missing document numbers."""

from uuid import UUID

from pydantic import Field

from api.schemas.base import Read
from common.domain.documents import DocumentType


class Gap(Read):
    """Numbers in a row that no document has."""

    first: str = Field(examples=["R-2026-0312"])
    last: str
    count: int


class NumberRange(Read):
    """Documents of one type whose numbers begin alike and count on."""

    type: DocumentType
    first: str
    last: str
    documents: int
    missing: int
    gaps: list[Gap] = Field(description="At most 100.")


class GapsRead(Read):
    """The number ranges of a shop; a gap is a warning and holds nothing up."""

    connection_id: UUID
    missing: int
    ranges: list[NumberRange]
