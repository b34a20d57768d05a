"""Orders to the invoice writer."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from common.events import topics
from common.events.base import DocumentMessage
from common.events.commands.base import Command, DeadLetterCommand
from common.events.topics import Topic


class DocumentCommand(DocumentMessage, Command):
    """An order about one document, in line with the other facts of its shop order."""

    topic: ClassVar = topics.INVOICE_WRITER_COMMANDS


class RetryDocument(DocumentCommand):
    """Decide about a parked document again, with the newest settings and profile."""

    type: ClassVar = "invoice-writer.document.retry.v1"


class ResolveDocument(DocumentCommand):
    """A person chose: adopt the voucher the books hold, book although the number is taken, or neither.

    `by_hand` says that the document was booked outside of this product.
    """

    type: ClassVar = "invoice-writer.document.resolve.v1"

    action: Literal["adopt", "book", "by_hand"]
    voucher_id: str | None = None
    comment: str | None = None
    if_equal: bool = False  # adopt only what equals the document in number, date, total and order


class ExcludeDocument(DocumentCommand):
    """A person leaves a document out of the books for good, and says why."""

    type: ClassVar = "invoice-writer.document.exclude.v1"

    because: str


class IncludeDocument(DocumentCommand):
    """A person takes back that a document was excluded; it is decided about anew."""

    type: ClassVar = "invoice-writer.document.include.v1"

    because: str | None = None


class AcceptEInvoiceDifference(DocumentCommand):
    """A person accepts that the document's e-invoice says something else; `differences` is what was seen."""

    type: ClassVar = "invoice-writer.einvoice-difference.accept.v1"

    differences: dict[str, JsonValue]
    because: str


class ConfirmIssueDate(DocumentCommand):
    """A person read the date on a document whose shop sent none."""

    type: ClassVar = "invoice-writer.document.confirm-date.v1"

    issued_on: date


class AttachFile(DocumentCommand):
    """Attach a booked document's file; on a key of its own, so that nothing waits behind it."""

    type: ClassVar = "invoice-writer.file.attach.v1"

    again: bool = False  # a person asks for it, also where it was refused or is not wanted

    @property
    def ordering_key(self) -> str:
        return f"file:{self.document_id}"


class ReleaseCause(StrEnum):
    """What may have removed the cause of documents that are parked."""

    SETTINGS = "settings"
    PROFILE = "profile"
    CONNECTION = "connection"
    PERSON = "person"
    READING = "reading"


class _ReleaseCommand(Command):
    topic: ClassVar = topics.INVOICE_WRITER_COMMANDS

    @property
    def ordering_key(self) -> str:
        return f"release:{self.tenant_id}"


class ReleaseParked(_ReleaseCommand):
    """Decide again about parked documents of a tenant whose cause may be gone, a page at a time.

    `settings` names what was changed in them and `reasons` what to decide again about; without them it is
    whatever this kind of change may cure. `about` are parameters of the reason that must be equal.
    """

    type: ClassVar = "invoice-writer.parked.release.v1"

    released_by: str  # a `ReleaseCause`
    settings: tuple[str, ...] | None = None
    reasons: tuple[str, ...] | None = None
    about: dict[str, str] = Field(default_factory=dict)
    after: tuple[datetime, UUID] | None = None  # where the page before ended


class AcceptEInvoiceDifferences(Command):
    """A person accepts the differences of all documents that were parked for them, a page at a time.

    `about` are parameters of the reason that must be equal; what parks after `parked_until` was not seen.
    `asked_id` is the command the person gave, of which this is a page.
    """

    type: ClassVar = "invoice-writer.einvoice-differences.accept.v1"
    topic: ClassVar[Topic] = topics.INVOICE_WRITER_COMMANDS

    asked_id: UUID
    because: str
    parked_until: datetime
    about: dict[str, str] = Field(default_factory=dict)
    after: tuple[datetime, UUID] | None = None  # where the page before ended

    @property
    def ordering_key(self) -> str:
        return f"einvoice-differences:{self.tenant_id}"


class _AlarmCommand(Command):
    topic: ClassVar = topics.INVOICE_WRITER_COMMANDS

    alarm_id: UUID

    @property
    def ordering_key(self) -> str:
        return f"alarm:{self.alarm_id}"


class SeeAlarm(_AlarmCommand):
    """A person looked at an alarm that only a person ends; of a double, that all its vouchers are right."""

    type: ClassVar = "invoice-writer.alarm.see.v1"


class RepairDuplicate(_AlarmCommand):
    """A person deleted these vouchers of a double in the books."""

    type: ClassVar = "invoice-writer.duplicate.repair.v1"

    deleted: tuple[str, ...]


class AdoptMatching(_ReleaseCommand):
    """Let vouchers that are there stand for the parked documents they equal, a page at a time."""

    type: ClassVar = "invoice-writer.parked.adopt.v1"

    after: tuple[datetime, UUID] | None = None  # where the page before ended
    corrections: bool = False  # those that wait for an invoice that the command adopted before


class ReplayInvoiceWriterDeadLetter(DeadLetterCommand):
    """Put a dead letter of the invoice writer back in line."""

    type: ClassVar = "invoice-writer.dead-letter.replay.v1"
    topic: ClassVar[Topic] = topics.INVOICE_WRITER_COMMANDS


class DiscardInvoiceWriterDeadLetter(DeadLetterCommand):
    """Give up a dead letter of the invoice writer; its key goes on."""

    type: ClassVar = "invoice-writer.dead-letter.discard.v1"
    topic: ClassVar[Topic] = topics.INVOICE_WRITER_COMMANDS
