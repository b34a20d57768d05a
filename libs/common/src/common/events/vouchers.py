"""What became of documents in the books."""

from datetime import date
from typing import ClassVar, Literal

from common.domain.buyers import PayerHashes
from common.domain.documents import Fact, PaymentData
from common.domain.keys import document_subject
from common.domain.money import Money
from common.domain.stored_words import BoundHow
from common.events import topics
from common.events.base import DocumentMessage


class PaymentKeys(Fact):
    """What a later money movement can be recognised by."""

    order_number: str
    customer_number: str | None = None
    payment: PaymentData | None = None


class _BooksFact(DocumentMessage):
    topic: ClassVar = topics.BOOKS_VOUCHERS

    issued_on: date
    gross_total: Money
    keys: PaymentKeys
    due_on: date | None = None  # until when it is to be paid, where the shop says so
    payer: PayerHashes | None = None  # absent where nothing is known of who pays, or is any more

    @property
    def _subject(self) -> str:
        return document_subject(self.connection_id, self.document_type, self.number)


class VoucherBooked(_BooksFact):
    """The books hold exactly one voucher for this document, written by us or adopted."""

    type: ClassVar = "books.voucher.booked.v1"

    organization_id: str
    voucher_id: str
    voucher_on: date
    tax_total: Money
    how: Literal[BoundHow.WRITTEN, BoundHow.RECONCILED, BoundHow.ADOPTED]

    @property
    def fact(self) -> str:
        return f"{self.organization_id}:{self._subject}"


class DocumentParked(_BooksFact):
    """A document waits for a person, a setting or the profile; `revision` counts its outcomes."""

    type: ClassVar = "books.document.parked.v1"

    reason: str
    revision: int

    @property
    def fact(self) -> str:
        return f"{self._subject}:{self.revision}"


class DocumentExcluded(_BooksFact):
    """A rule of the merchant keeps a document out of the books; `revision` counts its outcomes.

    `voucher_id` is the one a person made by hand and named.
    """

    type: ClassVar = "books.document.excluded.v1"

    rule: str
    revision: int
    voucher_id: str | None = None

    @property
    def fact(self) -> str:
        return f"{self._subject}:{self.revision}"
