"""The line between services: outbox, relay slots, inbox, dead letters."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, CreatedAt, OfTenant, big_id
from common.domain.stored_words import DeadLetterState, Lane, MessageState

UNSENT = text("sent_at IS NULL")
GIVEN_UP = text("given_up_at IS NOT NULL")
KEPT = text("payload IS NOT NULL")
REFUSED = text("retry_at IS NOT NULL")
UNDONE = text("done_at IS NULL")
WAITING = text("waits_for IS NOT NULL")


class OutboxRow(CreatedAt, Base):
    """A fact to publish; written in the transaction that made it true.

    `retry_at` and `last_error` say that the transport refused the row; it holds back its key until sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_unsent", "producer", "slot", "outbox_id", postgresql_where=UNSENT, sqlite_where=UNSENT
        ),
        Index(
            "ix_outbox_refused", "producer", "ordering_key", postgresql_where=REFUSED, sqlite_where=REFUSED
        ),
        Index(
            "ix_outbox_last",
            "producer",
            "topic",
            "ordering_key",
            "outbox_id",
            postgresql_where=KEPT,
            sqlite_where=KEPT,
        ),
        UniqueConstraint("producer", "event_id"),
        {"schema": "line"},
    )

    outbox_id: Mapped[int] = big_id()
    producer: Mapped[str]
    event_id: Mapped[UUID]
    predecessor: Mapped[UUID | None]  # recorded before it by this producer for the same topic and key
    tenant_id: Mapped[UUID]
    type: Mapped[str]
    topic: Mapped[str]
    ordering_key: Mapped[str]
    slot: Mapped[int]
    lane: Mapped[Lane]
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class OutboxKeyRow(Base):
    """Writers of one key queue on this row, so that ids within a key follow commit order."""

    __tablename__ = "outbox_keys"
    __table_args__ = ({"schema": "line"},)

    producer: Mapped[str] = mapped_column(primary_key=True)
    ordering_key: Mapped[str] = mapped_column(primary_key=True)
    touched_at: Mapped[datetime]


class RelaySlotRow(Base):
    """A slot of keys that one relay at a time publishes."""

    __tablename__ = "relay_slots"
    __table_args__ = ({"schema": "line"},)

    producer: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]


class InboxRow(Base):
    """A message received; open until `done_at`."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("consumer", "event_id"),
        Index(
            "ix_inbox_open",
            "consumer",
            "ordering_key",
            "inbox_id",
            postgresql_where=UNDONE,
            sqlite_where=UNDONE,
        ),
        Index("ix_inbox_given_up", "consumer", postgresql_where=GIVEN_UP, sqlite_where=GIVEN_UP),
        {"schema": "line"},
    )

    inbox_id: Mapped[int] = big_id()
    consumer: Mapped[str]
    event_id: Mapped[UUID]
    predecessor: Mapped[UUID | None]  # as its producer named it; none in messages of older releases
    given_up_at: Mapped[datetime | None]  # since when it is worked without waiting for its predecessor
    tenant_id: Mapped[UUID]
    type: Mapped[str]
    ordering_key: Mapped[str]
    lane: Mapped[Lane]
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, Any]]
    state: Mapped[MessageState] = mapped_column(default=MessageState.READY)
    attempts: Mapped[int] = mapped_column(default=0)  # tries that failed, of any kind
    failures: Mapped[int] = mapped_column(default=0)  # those among them that no error family explains
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]  # of the last try, or what the message waits for


NO_INBOX_ROW = 0


class BuriedRow(CreatedAt, OfTenant, Base):
    """A message that no inbox row can hold, kept until a release takes it or a person gives it up."""

    __tablename__ = "buried"
    __table_args__ = ({"schema": "line"},)

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    ordering_key: Mapped[str]
    lane: Mapped[Lane]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, Any]]
    error: Mapped[str]


class InboxKeyRow(Base):
    """An ordering key with open messages; workers claim keys, and of a key only its oldest open message.

    `due_at` is the next moment the key may be claimed: its next try, the end of its lease while
    `lease_token` is set, never (NULL) while a dead letter holds it back or while it waits for calls of a
    connection: `waits_for` is their breaker.
    """

    __tablename__ = "inbox_keys"
    __table_args__ = (
        Index("ix_inbox_keys_due", "consumer", "lane", "tenant_id", "due_at"),
        Index(
            "ix_inbox_keys_waiting",
            "consumer",
            "waits_for",
            "lane",
            postgresql_where=WAITING,
            sqlite_where=WAITING,
        ),
        {"schema": "line"},
    )

    consumer: Mapped[str] = mapped_column(primary_key=True)
    ordering_key: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    lane: Mapped[Lane]
    due_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    held_since: Mapped[datetime | None]  # nothing of it can be worked: predecessors are not in the inbox
    waits_for: Mapped[UUID | None]


class InboxTurnRow(Base):
    """When a tenant's lane was served last; the one that waited longest goes first."""

    __tablename__ = "inbox_turns"
    __table_args__ = (Index("ix_inbox_turns_served", "consumer", "lane", "served_at"), {"schema": "line"})

    consumer: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    lane: Mapped[Lane] = mapped_column(primary_key=True)
    served_at: Mapped[datetime]


class WriteProbeRow(Base):
    """When a service last proved that it can write."""

    __tablename__ = "write_probes"
    __table_args__ = ({"schema": "line"},)

    service: Mapped[str] = mapped_column(primary_key=True)
    written_at: Mapped[datetime]


class DeadLetterRow(CreatedAt, OfTenant, Base):
    """A message our code could not process, kept until a person replays or discards it.

    One that no inbox row can hold is among the buried, and its letter names no row of the inbox.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (Index("ix_dead_letters_state", "state", "created_at"), {"schema": "line"})

    dead_letter_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    consumer: Mapped[str]
    inbox_id: Mapped[int] = mapped_column(index=True)  # NO_INBOX_ROW: buried
    event_id: Mapped[UUID]
    type: Mapped[str]
    ordering_key: Mapped[str]
    error: Mapped[str]
    attempts: Mapped[int]
    state: Mapped[DeadLetterState] = mapped_column(default=DeadLetterState.KEPT)
    closed_at: Mapped[datetime | None]
