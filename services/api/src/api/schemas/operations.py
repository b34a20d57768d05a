"""Status, dead letters and alarms: what operators watch."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.base import Moment, Page, Read
from api.schemas.connections import TroubleRead
from api.schemas.decisions import Amount
from api.schemas.documents import FileStatus, Status
from common.domain.alarms import AlarmKind
from common.domain.turnover import TurnoverCode


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
    failures: int = Field(
        description="Polls of a shop, or readings of a list of the books, that failed in a row."
    )
    last_error: str | None
    trouble: TroubleRead | None = Field(description="A known cause behind it, with what to do.")


class TurnoverWarningRead(Read):
    """A small business (§ 19 UStG) comes near a limit or has passed it.

    Counted are the invoices of the year, by document date, that are booked by us, adopted or marked as booked
    by hand, minus such corrections; sales this product does not know are missing.
    """

    tenant_id: UUID
    code: TurnoverCode
    who: str = Field(description="Who has to act: merchant, adviser, operator or nobody.")
    year: int = Field(description="The year whose turnover it is.")
    limit: Amount
    net_turnover: Amount
    documents: int = Field(description="Documents counted.")
    open_documents: int = Field(description="Waiting or parked documents of the year; not counted.")
    open_gross: Amount = Field(description="Their sum, corrections taken off.")
    other_currency: int = Field(description="Documents of the year in other currencies; not counted.")
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str


class StatusRead(Read):
    """How everything stands; open means waiting or parked."""

    counts: dict[Status, int]
    oldest_open_seconds: int | None = Field(
        description="How long the oldest open document is known to us; null when none is open. The greater "
        "of the two that follow."
    )
    oldest_waiting_seconds: int | None = Field(
        description="The same of documents that go on by themselves: minutes at most when all is well."
    )
    oldest_parked_seconds: int | None = Field(description="The same of documents that wait for somebody.")
    reasons: dict[str, int] = Field(description="Open documents by reason.")
    file_counts: dict[FileStatus, int] = Field(description="Files of booked documents.")
    dead_letters: int = Field(description="Messages kept until somebody replays or discards them.")
    alarms: int = Field(description="Alarms that are open.")
    warnings: list[TurnoverWarningRead] = Field(
        description="Small businesses near or above a limit of their turnover, at most 500 warnings."
    )
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


class AlarmTextRead(Read):
    """What an alarm means: who acts, cause and remedy in both languages, and what ends it."""

    who: str = Field(description="Who has to act: merchant, adviser, operator or nobody.")
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str
    ends_de: str
    ends_en: str


class AlarmKindRead(Read):
    """One kind of alarm."""

    kind: AlarmKind
    text: AlarmTextRead


class AlarmKindList(Read):
    """Every kind of alarm there is; a kind never changes its meaning."""

    items: list[AlarmKindRead]


class AlarmRead(Read):
    """Something a person has to look at."""

    id: UUID
    tenant_id: UUID | None = Field(description="Null: it concerns the installation, operators alone see it.")
    kind: str
    subject: str
    evidence: dict[str, Any]
    text: AlarmTextRead | None = Field(description="What it means; null for a kind of another release.")
    created_at: Moment
    closed_at: Moment | None


class AlarmPage(Page[AlarmRead]):
    """A page of alarms, newest first."""
