"""A document as it is stored, with where it stands: made where rows are read, given to everybody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from common.db.models.books import TimelineRow
from common.db.models.effects import AttemptRow
from common.domain.documents import DocumentRef
from common.domain.stored_words import BoundHow, DocumentStatus, FileState, PdfState


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDocument(DocumentRef):
    """What lists show of a document; one nobody decided about yet is waiting in line."""

    document_id: UUID
    order_number: str
    issued_on: date
    gross_minor: int
    currency: str
    seen_at: datetime
    status: DocumentStatus
    reason: str | None
    file_status: FileState
    voucher_id: str | None
    how: BoundHow | None
    waits_until: datetime | None
    released_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument(ListedDocument):
    """Everything that is stored of one document and of its outcome, which may not be there yet."""

    content_hash: str
    conflicted: bool
    file_state: PdfState
    pdf_sha256: str | None
    pdf_size: int | None
    params: dict[str, Any] | None
    rules: list[Any] | None
    evidence: dict[str, Any] | None
    decision: dict[str, Any] | None
    settings_version_id: UUID | None
    file_note: str | None
    revision: int | None


@dataclass(frozen=True, slots=True)
class Content:
    """A content that the shop sent under a document's number."""

    content_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentHistory:
    """What happened to a document, what was tried for it, and what it was decided with."""

    timeline: Sequence[TimelineRow]
    attempts: Sequence[AttemptRow]
    contents: Sequence[Content]
    order_snapshot: dict[str, Any] | None
    settings_number: int | None
