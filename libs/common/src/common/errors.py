"""The error families; the family alone decides what happens to a message.

ConnectorError
├── TransientError        try again later
├── UnknownOutcomeError   a write whose answer was lost: reconcile first
├── RefusedError          the other side or a rule said no: park
└── InvalidMessageError   our code cannot process the message: dead letter
"""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID


class ConnectorError(Exception):
    """Base of every error this product raises on purpose."""

    code: ClassVar[str] = "connector.error"
    waits_for: UUID | None = None  # the breaker whose end is worth another try

    @property
    def told(self) -> str:
        """All that was said, for the record of one document; it may hold data and goes into no log."""
        return str(self)


class TransientError(ConnectorError):
    """The work may succeed later without anybody acting; `retry_after` is the earliest sensible moment."""

    code = "connector.transient"

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class UnknownOutcomeError(ConnectorError):
    """A write was sent and nobody knows whether it happened."""

    code = "connector.unknown_outcome"


class RefusedError(ConnectorError):
    """The other side surely did not do it and will not by itself; a person or a setting must act."""

    code = "connector.refused"


class InvalidMessageError(ConnectorError):
    """The message can never be processed as it is; it becomes a dead letter."""

    code = "connector.invalid_message"
