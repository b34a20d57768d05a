"""What may be asked for a document as it stands."""

from typing import Any

from api.schemas.documents import Choice
from api.stored_documents import ListedDocument, StoredDocument
from common.domain.reasons import BOOKED_BY_HAND, EXCLUDED_BY_PERSON, DocumentReason
from common.domain.stored_words import DocumentStatus, FileState

CHOICES: dict[str, tuple[Choice, ...]] = {
    DocumentReason.NUMBER_TAKEN_IN_BOOKS.value: ("adopt", "book"),
    DocumentReason.MARKER_MISSING_IN_BOOKS.value: ("adopt", "book"),
    DocumentReason.DUPLICATE_IN_BOOKS.value: ("adopt",),
    DocumentReason.SAME_DOCUMENT_ELSEWHERE.value: ("adopt", "book"),
    DocumentReason.WRITE_UNSETTLED.value: ("adopt", "book"),
}


def choices(document: ListedDocument) -> list[Choice]:
    """What a person may choose for the document as it stands."""
    if document.status != DocumentStatus.PARKED or document.voucher_id is not None:
        return []
    return [*CHOICES.get(document.reason or "", ()), "by_hand"]


def is_retriable(document: ListedDocument) -> bool:
    """Whether somebody may ask to decide about the document again."""
    by_hand = (document.status, document.reason) == (DocumentStatus.EXCLUDED, BOOKED_BY_HAND)
    return by_hand or document.status == DocumentStatus.PARKED


def is_excludable(document: ListedDocument) -> bool:
    """Whether a person may leave the document out: it is open, and decided about at least once."""
    is_open = document.status in (DocumentStatus.PARKED, DocumentStatus.WAITING)
    return is_open and document.voucher_id is None and document.reason != DocumentReason.IN_LINE.value


def is_excluded_by_person(document: ListedDocument) -> bool:
    """Whether a person left the document out."""
    return (document.status, document.reason) == (DocumentStatus.EXCLUDED, EXCLUDED_BY_PERSON)


def differing(document: StoredDocument) -> dict[str, Any] | None:
    """In what the document's e-invoice differs; None where that is not why it is parked."""
    if (document.status, document.reason) != (DocumentStatus.PARKED, DocumentReason.EINVOICE_DIFFERS.value):
        return None
    found = (document.params or {}).get("differences")
    return found if isinstance(found, dict) else None


def is_attachable(document: StoredDocument) -> bool:
    """Whether the document has a voucher and a file that is not with it."""
    has_both = document.voucher_id is not None and document.pdf_sha256 is not None
    return has_both and document.file_status != FileState.ATTACHED
