"""Where a document stands, as its row said when it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.domain.stored_words import DocumentStatus, FileState
from invoice_writer.outcomes.outcome import GO_ON, WAIT_FOR_OTHERS, Outcome


@dataclass(frozen=True, slots=True)
class DocumentState:
    """The columns that say how a document and its file stand; `read_at` is the database's clock."""

    status: DocumentStatus
    reason: str | None
    params: Mapping[str, Any]
    voucher_id: str | None
    file_status: FileState
    pdf_sha256: str | None
    revision: int
    first_seen_at: datetime
    read_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether the outcome stands until somebody asks for another try."""
        if self.status == DocumentStatus.WAITING:
            return self.reason in WAIT_FOR_OTHERS
        return self.status != DocumentStatus.BOOKED and self.reason not in GO_ON

    @property
    def age(self) -> timedelta:
        """How long ago the document was first seen, when its row was read."""
        return self.read_at - self.first_seen_at

    def stands_as(self, outcome: Outcome) -> bool:
        """Whether the document stands so already: status and reason, whatever the parameters."""
        return (self.status, self.reason) == (outcome.status, outcome.reason)
