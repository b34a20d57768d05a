"""Everything known about one document, put together."""

from typing import Any

from sqlalchemy import Row

from api.decisions import Names, as_text, decision_read, mentioned
from api.queries.documents import DocumentQueries
from api.schemas.documents import (
    AttemptRead,
    Choice,
    ContentVersion,
    DocumentDetails,
    FileRead,
    FileStatus,
    Links,
    OrderRead,
    PaymentRead,
    ReasonRead,
    SettingsUsed,
    Status,
    TimelineEntry,
)
from api.views import amount, document_fields, voucher_link
from common.archive import EInvoiceRef
from common.db.models.effects import AttemptRow
from common.domain.documents import OrderSnapshot
from common.domain.reasons import BOOKED_BY_HAND, EXCLUDED_BY_PERSON, REASONS, Reason, settings_of

CHOICES: dict[str, tuple[Choice, ...]] = {
    Reason.NUMBER_TAKEN_IN_BOOKS.value: ("adopt", "book"),
    Reason.MARKER_MISSING_IN_BOOKS.value: ("adopt", "book"),
    Reason.DUPLICATE_IN_BOOKS.value: ("adopt",),
    Reason.SAME_DOCUMENT_ELSEWHERE.value: ("adopt", "book"),
    Reason.WRITE_UNSETTLED.value: ("adopt", "book"),
}


async def read_details(
    queries: DocumentQueries, row: Row[Any], app_url: str, einvoice: EInvoiceRef, names: Names
) -> DocumentDetails:
    """The document with its decision, history, attempts and where to look at it.

    `names` are those of the books' categories by id.
    """
    timeline = await queries.timeline(row.document_id)
    snapshot = await queries.order_snapshot(row)
    number = await queries.settings_number(row) if row.settings_version_id else None
    return DocumentDetails(
        **document_fields(row, app_url),
        reason_text=reason_text(row.reason),
        params=as_text(row.params or {}),
        rules=row.rules or [],
        evidence=as_text(row.evidence or {}),
        decision=decision_read(row.decision, names),
        categories=mentioned(names, row.decision, row.params, row.evidence),
        settings_version=SettingsUsed(id=row.settings_version_id, number=number) if number else None,
        revision=row.revision or 0,
        choices=choices(row),
        file=_file(row, einvoice),
        links=_links(app_url, row.voucher_id),
        conflicted=row.conflicted,
        versions=[_version(version, row.content_hash) for version in await queries.versions(row)],
        order=_order(OrderSnapshot.model_validate(snapshot)) if snapshot else None,
        timeline=[
            TimelineEntry(at=row.seen_at, what="seen", details={}),
            *(
                TimelineEntry(at=entry.created_at, what=entry.what, details=as_text(entry.details))
                for entry in timeline
            ),
        ],
        attempts=[_attempt(attempt) for attempt in await queries.attempts(row)],
    )


def _version(version: Row[Any], in_force: str) -> ContentVersion:
    return ContentVersion(
        content_hash=version.content_hash,
        received_at=version.created_at,
        in_force=version.content_hash == in_force,
    )


def choices(row: Row[Any]) -> list[Choice]:
    """What a person may choose for the document as it stands."""
    if row.status != Status.PARKED.value or row.voucher_id is not None:
        return []
    return [*CHOICES.get(row.reason or "", ()), "by_hand"]


def is_retriable(row: Row[Any]) -> bool:
    """Whether somebody may ask to decide about the document again."""
    by_hand = (row.status, row.reason) == (Status.EXCLUDED.value, BOOKED_BY_HAND)
    return by_hand or row.status == Status.PARKED.value


def is_excludable(row: Row[Any]) -> bool:
    """Whether a person may leave the document out: it is open, and decided about at least once."""
    is_open = row.status in (Status.PARKED.value, Status.WAITING.value)
    return is_open and row.voucher_id is None and row.reason != Reason.IN_LINE.value


def is_excluded_by_person(row: Row[Any]) -> bool:
    """Whether a person left the document out."""
    return (row.status, row.reason) == (Status.EXCLUDED.value, EXCLUDED_BY_PERSON)


def differing(row: Row[Any]) -> dict[str, Any] | None:
    """In what the document's e-invoice differs; None where that is not why it is parked."""
    if (row.status, row.reason) != (Status.PARKED.value, Reason.EINVOICE_DIFFERS.value):
        return None
    found = (row.params or {}).get("differences")
    return found if isinstance(found, dict) else None


def is_attachable(row: Row[Any]) -> bool:
    """Whether the document has a voucher and a file that is not with it."""
    has_both = row.voucher_id is not None and row.pdf_sha256 is not None
    return has_both and row.file_status != FileStatus.ATTACHED.value


def reason_text(code: str | None) -> ReasonRead | None:
    """The reason in words; None for a rule that excludes."""
    if code is None or code not in {reason.value for reason in Reason}:
        return None
    return reason_read(Reason(code))


def reason_read(reason: Reason) -> ReasonRead:
    """The reason with what releases it."""
    text = REASONS[reason]
    return ReasonRead(
        code=reason.value,
        who=text.who.value,
        released_by=text.released_by.value,
        settings=sorted(settings_of(reason)),
        cause_de=text.cause_de,
        cause_en=text.cause_en,
        remedy_de=text.remedy_de,
        remedy_en=text.remedy_en,
    )


def _file(row: Row[Any], einvoice: EInvoiceRef) -> FileRead:
    return FileRead(
        state=row.file_state,
        sha256=row.pdf_sha256,
        size=row.pdf_size,
        einvoice_sha256=einvoice.sha256,
        einvoice_problem=einvoice.problem,
        note=row.file_note,
    )


def _links(app_url: str, voucher_id: str | None) -> Links | None:
    view, edit = voucher_link(app_url, voucher_id, "view"), voucher_link(app_url, voucher_id, "edit")
    return Links(view=view, edit=edit) if view and edit else None


def _attempt(row: AttemptRow) -> AttemptRead:
    return AttemptRead(
        number=row.number,
        state=row.state,
        armed_at=row.armed_at,
        closed_at=row.closed_at,
        marker=row.marker,
        voucher_id=row.external_id,
        searches=row.searches,
        answer=row.answer,
    )


def _order(order: OrderSnapshot) -> OrderRead:
    payment = order.payment
    return OrderRead(
        order_number=order.order_number,
        customer_number=order.customer_number,
        placed_at=order.placed_at,
        updated_at=order.updated_at,
        dispatched_at=order.dispatched_at,
        paid_at=order.paid_at,
        returned_at=order.returned_at,
        tax_model=order.tax_model.value if order.tax_model else None,
        gross_total=amount(order.gross_total.minor) if order.gross_total else None,
        currency=order.currency,
        billing_country=order.billing_address.country if order.billing_address else None,
        shipping_country=order.shipping_address.country if order.shipping_address else None,
        payment=PaymentRead(
            name=payment.name,
            provider=payment.provider,
            transaction_id=payment.transaction_id,
            status=payment.status,
        )
        if payment
        else None,
    )
