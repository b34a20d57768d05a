"""The port between outbox and inbox: publish rows, deliver them to every service that reads their topic."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.stored_words import Lane
from common.errors import TransientError
from common.events.base import Event


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outbox row as it is published."""

    outbox_id: int
    event_id: UUID
    type: str
    topic: str
    tenant_id: UUID
    ordering_key: str
    lane: Lane
    payload: bytes
    headers: Mapping[str, str]
    refused_before: bool = False
    predecessor: UUID | None = None  # what its producer recorded before it for the same topic and key


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it arrived, before anybody looked at its payload."""

    event_id: UUID
    type: str
    tenant_id: UUID
    ordering_key: str
    lane: Lane
    payload: bytes
    headers: dict[str, str]
    predecessor: UUID | None = None

    @classmethod
    def of(cls, event: Event) -> "Incoming":
        """An event as it would arrive, for services that put work into their own inbox."""
        return cls(
            event_id=event.event_id,
            type=event.type,
            tenant_id=event.tenant_id,
            ordering_key=event.ordering_key,
            lane=event.lane,
            payload=event.model_dump_json().encode(),
            headers=event.headers(),
        )


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a batch: the rows that are safely out, and those the transport will never take.

    A row in neither was not tried: an earlier row of its key was refused, or the time was over.
    """

    sent: Sequence[int]
    refused: Mapping[int, str] = field(default_factory=dict)


class TransportUnavailable(TransientError):
    """The transport cannot take messages now; nothing of the batch counts as sent."""

    code = "transport.unavailable"


Accept = Callable[[AsyncSession, str, Sequence[Incoming]], Awaitable[int]]
OnBuried = Callable[[AsyncSession, Incoming, Exception], Awaitable[None]]


class Publishes(Protocol):
    """The side of a transport that a relay needs."""

    async def publish(self, batch: Sequence[Outgoing]) -> Published:
        """Bring the rows out in the order given per key; raises `TransportUnavailable`."""
        ...


class Transport(Publishes, Protocol):
    """Carries outbox rows to inboxes, at least once and in order per key."""

    name: str

    def subscribe(
        self, consumer: str, on_accepted: Callable[[], None], on_buried: OnBuried | None = None
    ) -> None:
        """Deliver the topics this service reads into its inbox, and call back after each commit there.

        `on_buried` notes in the same transaction that a message was put aside.
        """
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop."""
        ...

    async def check(self) -> None:
        """Raise unless the transport can carry messages now."""
        ...
