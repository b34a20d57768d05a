"""Parked documents by cause, the list of reasons, and commands under way."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Given, Moment, Read
from api.schemas.decisions import Amount
from api.schemas.documents import ReasonRead
from common.domain.documents import DocumentType

AboutName = Literal["category_id", "use", "country", "state", "vat_id", "rate", "code", "error", "differs"]
AboutValue = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


class ReasonList(Read):
    """Every reason there is; a reason never changes its meaning."""

    items: list[ReasonRead]


class ParkedAmount(Read):
    """What is parked, in one currency; corrections as positive amounts."""

    currency: str
    invoices: Amount
    corrections: Amount


class ParkedSample(Read):
    """One of the documents."""

    id: UUID
    type: DocumentType
    number: str
    issued_on: date
    gross_total: Amount
    currency: str


class ParkedGroup(Read):
    """Documents parked for one cause."""

    reason: str
    reason_text: ReasonRead | None
    about: dict[str, str] = Field(
        description="What exactly the cause is about, such as the category that is missing."
    )
    documents: int
    oldest_seen_at: Moment = Field(description="When the oldest of them became known.")
    amounts: list[ParkedAmount]
    samples: list[ParkedSample] = Field(description="Those that became known first, at most three.")
    retry_together: bool = Field(description="Whether all of them can be tried again at once.")


class ParkedRead(Read):
    """Everything parked, by cause, most documents first."""

    documents: int
    groups: list[ParkedGroup] = Field(description="At most 500.")


class ParkedRetry(Given):
    """Which documents of the reason to decide about again; all of them unless `about` narrows it."""

    tenant_id: UUID | None = Field(
        default=None, description="For operators; others retry their own tenant's."
    )
    about: dict[AboutName, AboutValue] = Field(default_factory=dict, description="As the group says it.")


class CommandStatusRead(Read):
    """How far a command is."""

    command_id: UUID
    tenant_id: UUID
    type: str = Field(examples=["invoice-writer.document.retry.v1"])
    state: Literal["accepted", "in_line", "done", "dead", "discarded"] = Field(
        description="accepted: on its way. in_line: its owner has it. dead: a dead letter, see there."
    )
    attempts: int = Field(description="Tries that failed.")
    accepted_at: Moment
    done_at: Moment | None
