"""What a worker holds of a message, and what can become of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from common.domain.stored_words import Lane
from common.events.base import Event
from common.later import Later

__all__ = ["Done", "Handler", "Later", "Message", "RawMessage"]


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A claimed message as it was received; `payload` may be no event at all."""

    inbox_id: int
    event_id: UUID
    type: str
    tenant_id: UUID
    ordering_key: str
    lane: Lane
    attempts: int
    failures: int
    payload: bytes
    headers: Mapping[str, str]
    gives_way: bool = False  # at a limit, to whatever does not


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose payload was read; `attempts` counts the tries that failed before this one."""

    inbox_id: int
    event_id: UUID
    type: str
    tenant_id: UUID
    ordering_key: str
    lane: Lane
    attempts: int
    event: Event
    headers: Mapping[str, str]

    @classmethod
    def of(cls, raw: RawMessage, event: Event) -> "Message":
        """The raw message with the event that its payload holds."""
        return cls(
            inbox_id=raw.inbox_id,
            event_id=raw.event_id,
            type=raw.type,
            tenant_id=raw.tenant_id,
            ordering_key=raw.ordering_key,
            lane=raw.lane,
            attempts=raw.attempts,
            event=event,
            headers=raw.headers,
        )


@dataclass(frozen=True, slots=True)
class Done:
    """Everything this message asks for holds now."""


Handler = Callable[[Message], Awaitable[Done | Later]]
