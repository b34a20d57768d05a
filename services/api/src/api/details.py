"""Everything known about one document, put together."""

from typing import Any, Literal

from sqlalchemy import Row

from api.queries.documents import DocumentQueries
from api.schemas.documents import (
    AttemptRead,
    ContentVersion,
    DocumentDetails,
    FileRead,
    Links,
    OrderRead,
    PaymentRead,
    ReasonRead,
    SettingsUsed,
    Status,
    TimelineEntry,
)
from api.views import amount, document_fields, voucher_link
from common.db.models.effects import AttemptRow
from common.domain.documents import OrderSnapshot
from common.domain.reasons import REASONS, Reason

Choice = Literal["adopt", "book"]
CHOICES: dict[str, tuple[Choice, ...]] = {
    Reason.NUMBER_TAKEN_IN_BOOKS.value: ("adopt", "book"),
    Reason.MARKER_MISSING_IN_BOOKS.value: ("adopt", "book"),
    Reason.DUPLICATE_IN_BOOKS.value: ("adopt",),
}


async def read_details(queries: DocumentQueries, row: Row[Any], app_url: str) -> DocumentDetails:
    """The document with its decision, history, attempts and where to look at it."""
    timeline = await queries.timeline(row.document_id)
    snapshot = await queries.order_snapshot(row)
    number = await queries.settings_number(row) if row.settings_version_id else None
    return DocumentDetails(
        **document_fields(row, app_url),
        reason_text=reason_text(row.reason),
        params=row.params or {},
        rules=row.rules or [],
        evidence=row.evidence or {},
        decision=row.decision,
        settings_version=SettingsUsed(id=row.settings_version_id, number=number) if number else None,
        revision=row.revision or 0,
        choices=choices(row),
        file=FileRead(state=row.file_state, sha256=row.pdf_sha256, size=row.pdf_size, note=row.file_note),
        links=_links(app_url, row.voucher_id),
        conflicted=row.conflicted,
        versions=[
            ContentVersion(
                content_hash=version.content_hash,
                received_at=version.created_at,
                in_force=version.content_hash == row.content_hash,
            )
            for version in await queries.versions(row)
        ],
        order=_order(OrderSnapshot.model_validate(snapshot)) if snapshot else None,
        timeline=[
            TimelineEntry(at=row.seen_at, what="seen", details={}),
            *(
                TimelineEntry(at=entry.created_at, what=entry.what, details=entry.details)
                for entry in timeline
            ),
        ],
        attempts=[_attempt(attempt) for attempt in await queries.attempts(row)],
    )


def choices(row: Row[Any]) -> list[Choice]:
    """What a person may choose for the document as it stands."""
    return list(CHOICES.get(row.reason or "", ())) if row.status == Status.PARKED.value else []


def reason_text(code: str | None) -> ReasonRead | None:
    """The reason in words; None for a rule that excludes."""
    if code is None or code not in {reason.value for reason in Reason}:
        return None
    text = REASONS[Reason(code)]
    return ReasonRead(
        code=code,
        who=text.who.value,
        cause_de=text.cause_de,
        cause_en=text.cause_en,
        remedy_de=text.remedy_de,
        remedy_en=text.remedy_en,
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
