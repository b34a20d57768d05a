"""Status, dead letters and alarms: what operators watch."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Moment, Page, Read
from api.schemas.documents import FileStatus, Status


class ConnectionHealth(Read):
    """How a connection stands."""

    id: UUID
    tenant_id: UUID
    kind: Literal["shop", "books"]
    platform: str
    name: str
    state: str
    state_reason: str | None
    last_poll_at: Moment | None
    next_poll_at: Moment | None
    failures: int = Field(description="Polls that failed in a row.")
    last_error: str | None


class StatusRead(Read):
    """How everything stands; open means waiting or parked."""

    counts: dict[Status, int]
    oldest_open_seconds: int | None = Field(
        description="How long the oldest open document is known to us; null when none is open."
    )
    reasons: dict[str, int] = Field(description="Open documents by reason.")
    file_counts: dict[FileStatus, int] = Field(description="Files of booked documents.")
    dead_letters: int = Field(description="Messages kept until somebody replays or discards them.")
    alarms: int = Field(description="Alarms that are open.")
    connections: list[ConnectionHealth] = Field(description="Those in trouble first, at most 500.")


class DeadLetterRead(Read):
    """A message our code could not process; its payload is not shown."""

    id: UUID
    tenant_id: UUID
    service: str
    event_id: UUID
    type: str
    ordering_key: str
    attempts: int
    error: str | None = Field(description="Shown to operators only.")
    state: Literal["kept", "replayed", "discarded"]
    created_at: Moment
    closed_at: Moment | None


class DeadLetterPage(Page[DeadLetterRead]):
    """A page of dead letters, newest first."""


class AlarmRead(Read):
    """Something a person has to look at."""

    id: UUID
    tenant_id: UUID
    kind: str
    subject: str
    evidence: dict[str, Any]
    created_at: Moment
    closed_at: Moment | None


class AlarmPage(Page[AlarmRead]):
    """A page of alarms, newest first."""
