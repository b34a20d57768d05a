"""Documents, what became of them, and what can be asked for them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import DEFAULT_LIMIT, MAX_LIMIT, NO_NUL, Given, Moment, Page, Read
from api.schemas.decisions import Amount, DecisionRead
from common.domain.days import Day
from common.domain.documents import DocumentType

Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
Remark = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Choice = Literal["adopt", "book", "by_hand"]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9_.:-]+$")]


class Status(StrEnum):
    """Where a document stands."""

    BOOKED = "booked"
    PARKED = "parked"
    EXCLUDED = "excluded"
    WAITING = "waiting"


class FileStatus(StrEnum):
    """How the document's file stands in the books."""

    ATTACHED = "attached"
    PENDING = "pending"
    REFUSED = "refused"
    MISSING = "missing"
    NOT_WANTED = "not_wanted"


class DocumentFilter(Given):
    """Which documents to list; all conditions must hold."""

    tenant_id: UUID | None = Field(
        default=None, description="For operators; others see their own tenant only."
    )
    connection_id: UUID | None = None
    status: Status | None = None
    type: DocumentType | None = None
    number: Text | None = Field(default=None, description="The exact document number.")
    order_number: Text | None = Field(default=None, description="The exact order number.")
    voucher_id: Text | None = Field(default=None, description="The voucher's id in Lexware.")
    reason: Code | None = Field(default=None, examples=["distance_sales_unset"])
    file_status: FileStatus | None = None
    issued_from: Day | None = Field(default=None, description="This day or later.")
    issued_to: Day | None = Field(default=None, description="This day or earlier.")


class DocumentQuery(DocumentFilter):
    """The filter as it stands in an address; a parameter we do not know is refused, not ignored."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many at most.")
    cursor: str | None = Field(
        default=None,
        max_length=500,
        pattern=NO_NUL,
        description="`next_cursor` of the page before, with the same filters.",
    )


class DocumentRead(Read):
    """A finalised document of a shop and where it stands."""

    id: UUID
    tenant_id: UUID
    connection_id: UUID
    type: DocumentType
    number: str
    order_id: str
    order_number: str
    issued_on: date
    gross_total: Amount
    currency: str
    status: Status
    reason: str | None = Field(description="Why it is not booked, or the rule that excludes it.")
    file_status: FileStatus
    voucher_id: str | None = Field(description="The voucher's id in Lexware.")
    voucher_url: str | None = Field(description="The voucher in Lexware's web application.")
    how: str | None = Field(description="written, reconciled or adopted")
    waits_until: Moment | None = Field(description="When a waiting document is looked at again.")
    released_at: Moment | None = Field(
        description="Since when it is in line again, behind live documents, because the cause is gone or"
        " somebody asked; null while it is not."
    )
    seen_at: Moment
    changed_at: Moment | None = Field(
        description="When the outcome changed last; null before the first decision."
    )


class DocumentPage(Page[DocumentRead]):
    """A page of documents, newest document date first, then by number downwards."""


class ReasonRead(Read):
    """A reason in words."""

    code: str
    who: str = Field(description="Who has to act: merchant, adviser, operator or nobody.")
    released_by: str = Field(
        description="What puts its documents back in line: settings, profile, connection, document (another "
        "one of the order), person or time."
    )
    settings: list[str] = Field(description="The settings whose change puts its documents back in line.")
    cause_de: str
    cause_en: str
    remedy_de: str
    remedy_en: str


class SettingsUsed(Read):
    """The settings version a decision was made with."""

    id: UUID
    number: int | None


class TimelineEntry(Read):
    """Something that happened to the document."""

    at: Moment
    what: str = Field(examples=["booked"])
    details: dict[str, Any]


class AttemptRead(Read):
    """One try of writing the voucher."""

    number: int
    state: str = Field(description="open, bound, refused, withdrawn, absent or parked")
    armed_at: Moment
    closed_at: Moment | None
    marker: str = Field(description="What stands first in the voucher's remark.")
    voucher_id: str | None
    searches: list[Any] = Field(description="Looks into the books after a lost answer.")
    answer: dict[str, Any] | None


class Links(Read):
    """Where to look at the voucher in Lexware's web application."""

    view: str
    edit: str


class FileRead(Read):
    """The document's file as the shop gave it."""

    state: str = Field(description="stored, pending or missing")
    sha256: str | None
    size: int | None
    einvoice_sha256: str | None = Field(description="The e-invoice inside the file, where it carries one.")
    einvoice_problem: str | None = Field(
        description="Why the e-invoice was not compared: einvoice_too_large, or pdf_not_opened where nobody "
        "can tell whether there is one."
    )
    note: str | None = Field(description="What the books said about the file.")


class ContentVersion(Read):
    """One content the shop sent under the document's number."""

    content_hash: str
    received_at: Moment
    in_force: bool


class PaymentRead(Read):
    """How the order was to be paid."""

    name: str | None
    provider: str | None
    transaction_id: str | None
    status: str | None


class OrderRead(Read):
    """The document's order as it was read last; addresses are left out."""

    order_number: str
    customer_number: str | None
    placed_at: Moment | None
    updated_at: Moment | None
    dispatched_at: Moment | None
    paid_at: Moment | None
    returned_at: Moment | None
    tax_model: str | None
    gross_total: Amount | None
    currency: str
    billing_country: str | None
    shipping_country: str | None
    payment: PaymentRead | None


class DocumentDetails(DocumentRead):
    """Everything known about one document."""

    reason_text: ReasonRead | None
    params: dict[str, Any] = Field(description="What exactly the reason is about.")
    rules: list[str] = Field(
        description="The rules that fired, in order; `/api/v1/reference/rules` explains each."
    )
    evidence: dict[str, Any]
    decision: DecisionRead | None = Field(description="The voucher as decided.")
    categories: dict[str, str] = Field(
        description="What the books call each category whose id stands in the decision, params or evidence."
    )
    settings_version: SettingsUsed | None
    revision: int = Field(description="How often the outcome was recorded; 0 before the first decision.")
    choices: list[Choice] = Field(description="What `resolve` offers for the document as it stands.")
    file: FileRead
    links: Links | None
    conflicted: bool
    versions: list[ContentVersion]
    order: OrderRead | None
    timeline: list[TimelineEntry]
    attempts: list[AttemptRead]


class Resolve(Given):
    """A person's choice for a parked document."""

    action: Choice = Field(
        description="adopt: the named voucher is this document. book: that is another one, write ours. "
        "by_hand: somebody booked it outside of this product."
    )
    voucher_id: UUID | None = Field(
        default=None, description="The voucher to adopt, or the one that was made by hand."
    )
    comment: Remark | None = Field(default=None, description="Why, for the document's history.")

    @model_validator(mode="after")
    def _one_voucher(self) -> "Resolve":
        if self.action == "adopt" and self.voucher_id is None:
            raise PydanticCustomError("voucher_id_missing", "`adopt` needs a `voucher_id`.")
        if self.action == "book" and self.voucher_id is not None:
            raise PydanticCustomError("voucher_id_given", "`book` takes no `voucher_id`.")
        return self


class Exclude(Given):
    """Why a document is left out of the books."""

    because: Annotated[Remark, StringConstraints(min_length=1, strip_whitespace=True)] = Field(
        description="The reason, for the document's history and the audit log.",
        examples=["Test order, nothing was sold."],
    )


class Include(Given):
    """Why an excluded document is taken in again."""

    because: Remark | None = Field(default=None, description="The reason, for the document's history.")


class ConfirmDate(Given):
    """The date that is printed on a document whose shop sent none."""

    issued_on: Day
