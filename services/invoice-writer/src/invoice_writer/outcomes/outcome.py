"""How a document can stand, and what is recorded with that."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from common.domain.reasons import DocumentReason
from common.domain.stored_words import BoundHow, DocumentStatus

GO_ON = frozenset({DocumentReason.INTERNAL_ERROR.value})  # parked, yet its own message tries again
# waiting for the message of another document: its own does nothing
WAIT_FOR_OTHERS = frozenset({DocumentReason.ORIGINAL_MISSING.value, DocumentReason.ORIGINAL_WAITING.value})


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome to record: the status with what led to it."""

    status: DocumentStatus
    reason: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] | None = None
    settings_version_id: UUID | None = None
    voucher_id: str | None = None
    how: BoundHow | None = None
    waits_for: timedelta | None = None
