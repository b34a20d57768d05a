"""How a document can stand, and what is recorded with that."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

BOOKED, PARKED, EXCLUDED, WAITING = "booked", "parked", "excluded", "waiting"
ATTACHED, PENDING, REFUSED, MISSING = "attached", "pending", "refused", "missing"
NOT_WANTED = "not_wanted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome to record: the status with what led to it."""

    status: str
    reason: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] | None = None
    settings_version_id: UUID | None = None
    voucher_id: str | None = None
    how: str | None = None
    waits_for: timedelta | None = None
