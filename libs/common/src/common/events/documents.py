"""Facts about finalised documents."""

from typing import ClassVar

from common.domain.documents import Document, DocumentType, OrderSnapshot, OriginalRef
from common.domain.keys import document_subject
from common.events import topics
from common.events.base import DocumentMessage


class DocumentEvent(DocumentMessage):
    """A fact about one document of one order."""

    topic: ClassVar = topics.SHOP_DOCUMENTS

    @property
    def fact(self) -> str:
        return document_subject(self.connection_id, self.document_type, self.number)


class DocumentIssued(DocumentEvent):
    """A shop issued a document; it becomes exactly one voucher in the books."""

    order: OrderSnapshot  # as it was when the document was read; later order changes never alter it
    document: Document
    content_hash: str
    pdf: OriginalRef | None = None  # the bytes stay in the archive; None while the shop has not delivered it


class InvoiceIssued(DocumentIssued):
    """A shop issued an invoice."""

    type: ClassVar = "shop.invoice.issued.v1"


class CreditNoteIssued(DocumentIssued):
    """A shop issued a credit note (Rechnungskorrektur)."""

    type: ClassVar = "shop.credit-note.issued.v1"


class DocumentConflicted(DocumentEvent):
    """A known document number arrived again with other content; the first version stays."""

    type: ClassVar = "shop.document.conflicted.v1"

    known_hash: str
    content_hash: str

    @property
    def fact(self) -> str:
        return f"{super().fact}:{self.content_hash}"


class DocumentFileStored(DocumentEvent):
    """The file of a document arrived after the document itself and is in the archive."""

    type: ClassVar = "shop.document-file.stored.v1"

    pdf: OriginalRef

    @property
    def fact(self) -> str:
        return f"{super().fact}:{self.pdf.sha256}"


class DocumentFileMissed(DocumentEvent):
    """The shop did not deliver the file of a document within the time it is asked for."""

    type: ClassVar = "shop.document-file.missed.v1"


def issued(**fields: object) -> DocumentIssued:
    """Make the event of the issue, of the class that the document's type asks for."""
    document = fields["document"]
    assert isinstance(document, Document)
    event_class = InvoiceIssued if document.type is DocumentType.INVOICE else CreditNoteIssued
    return event_class.model_validate(
        {**fields, "document_type": document.type, "number": document.number},
    )
