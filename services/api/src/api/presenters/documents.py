"""Documents as they are shown: in lists, and one with everything known about it."""

from typing import Any

from api.document_actions import choices
from api.presenters.amounts import amount, voucher_link
from api.presenters.decisions import Names, as_text, decision_read, mentioned
from api.presenters.reasons import reason_text
from api.schemas.documents import (
    AttemptRead,
    ContentVersion,
    DocumentDetails,
    DocumentRead,
    FileRead,
    Links,
    OrderRead,
    PaymentRead,
    SettingsUsed,
    TimelineEntry,
)
from api.stored_documents import Content, DocumentHistory, ListedDocument, StoredDocument
from common.archive import EInvoiceRef
from common.db.models.effects import AttemptRow
from common.domain.documents import OrderSnapshot


def document_read(document: ListedDocument, app_url: str) -> DocumentRead:
    """The document as lists show it."""
    return DocumentRead.model_validate(_fields(document, app_url))


def document_details(
    document: StoredDocument, history: DocumentHistory, app_url: str, einvoice: EInvoiceRef, names: Names
) -> DocumentDetails:
    """The document with its decision, history, attempts and where to look at it.

    `names` are those of the books' categories by id.
    """
    snapshot, number = history.order_snapshot, history.settings_number
    parts = (document.decision, document.params, document.evidence)
    return DocumentDetails(
        **_fields(document, app_url),
        reason_text=reason_text(document.reason),
        params=as_text(document.params or {}),
        rules=document.rules or [],
        evidence=as_text(document.evidence or {}),
        decision=decision_read(document.decision, names),
        categories=mentioned(names, *parts),
        settings_version=SettingsUsed(id=document.settings_version_id, number=number)
        if document.settings_version_id and number
        else None,
        revision=document.revision or 0,
        choices=choices(document),
        file=_file(document, einvoice),
        links=_links(app_url, document.voucher_id),
        conflicted=document.conflicted,
        versions=[_version(content, document.content_hash) for content in history.contents],
        order=_order(OrderSnapshot.model_validate(snapshot)) if snapshot else None,
        timeline=[
            TimelineEntry(at=document.seen_at, what="seen", details={}),
            *(
                TimelineEntry(at=entry.created_at, what=entry.what, details=as_text(entry.details))
                for entry in history.timeline
            ),
        ],
        attempts=[_attempt(attempt) for attempt in history.attempts],
    )


def _fields(document: ListedDocument, app_url: str) -> dict[str, Any]:
    """What list and details of a document have in common."""
    return {
        "id": document.document_id,
        "tenant_id": document.tenant_id,
        "connection_id": document.connection_id,
        "type": document.type,
        "number": document.number,
        "order_id": document.order_id,
        "order_number": document.order_number,
        "issued_on": document.issued_on,
        "currency": document.currency,
        "gross_total": amount(document.gross_minor),
        "status": document.status,
        "reason": document.reason,
        "file_status": document.file_status,
        "voucher_id": document.voucher_id,
        "voucher_url": voucher_link(app_url, document.voucher_id, "view"),
        "how": document.how,
        "waits_until": document.waits_until,
        "released_at": document.released_at,
        "seen_at": document.seen_at,
        "changed_at": document.changed_at,
    }


def _version(content: Content, in_force: str) -> ContentVersion:
    return ContentVersion(
        content_hash=content.content_hash,
        received_at=content.created_at,
        in_force=content.content_hash == in_force,
    )


def _file(document: StoredDocument, einvoice: EInvoiceRef) -> FileRead:
    return FileRead(
        state=document.file_state,
        sha256=document.pdf_sha256,
        size=document.pdf_size,
        einvoice_sha256=einvoice.sha256,
        einvoice_problem=einvoice.problem,
        note=document.file_note,
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
