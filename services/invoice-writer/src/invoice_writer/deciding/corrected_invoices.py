"""What was booked of an order so far: the invoices a correction may refer to, and what was taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.books import OutcomeRow
from common.domain.amounts import PerRate, by_rate
from common.domain.buyers import VatCheck
from common.domain.cleaning import clean
from common.domain.documents import DocumentType, lines_key
from common.domain.money import Money, total
from common.domain.reasons import BOOKED_BY_HAND, DocumentReason
from common.domain.stored_words import DocumentStatus
from common.domain.taxcases import CHECKED_VALID, OSS_CASE, SHOWN_INVALID, SHOWN_UNCHECKED
from common.domain.verdicts import CorrectedInvoice, CorrectionContext, Decision
from common.events import registry
from common.events.commands import FetchOrder
from common.events.documents import DocumentIssued

TAKEN_OTHERWISE = frozenset(
    {
        BOOKED_BY_HAND,
        DocumentReason.NUMBER_TAKEN_IN_BOOKS.value,
        DocumentReason.MARKER_MISSING_IN_BOOKS.value,
        DocumentReason.DUPLICATE_IN_BOOKS.value,
        DocumentReason.SAME_DOCUMENT_ELSEWHERE.value,
    }
)
BY_CHECK = frozenset({CHECKED_VALID, SHOWN_INVALID, SHOWN_UNCHECKED})
CORRECTED, SUPPLIED = "corrected_invoice", "supplied_on"


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """A document of the correction's order, as its row stands; `event` is what it came with."""

    document_id: UUID
    type: str
    number: str
    issued_on: date
    gross_minor: int
    status: DocumentStatus
    reason: str | None
    evidence: Mapping[str, Any]
    rules: Sequence[str]
    decision: Mapping[str, Any] | None
    voucher_id: str | None
    event_type: str | None
    event: bytes | None


COLUMNS = tuple(getattr(OutcomeRow, field.name) for field in fields(OrderDocument))


def fetch_again(event: DocumentIssued) -> FetchOrder:
    """Asks ingest to read the order again: the invoice a correction belongs to may be there by now."""
    return FetchOrder(
        tenant_id=event.tenant_id,
        connection_id=event.connection_id,
        command_id=uuid5(NAMESPACE_URL, f"original-missing:{event.document_id}"),
        order_id=event.order_id,
    )


async def correction_context(session: AsyncSession, event: DocumentIssued) -> CorrectionContext:
    """Read the invoices of the correction's order, with what is booked of them and of other corrections."""
    rows = await _documents_of_order(session, event)
    invoices = [row for row in rows if row.type == DocumentType.INVOICE.value and _has_to_give(row, event)]
    others = [
        row
        for row in rows
        if row.type == DocumentType.CREDIT_NOTE.value and row.document_id != event.document_id
    ]
    numbers, currency = {clean(row.number) for row in invoices}, event.document.currency
    there = [row for row in others if _is_in_books(row)]
    taken = [(_named(row, numbers), _gross_by_rate(row) or {}) for row in there]
    unsplit = [Money(abs(row.gross_minor), currency) for row in there if row.decision is None]
    left_out = _left_out(invoices, others)
    return CorrectionContext(
        candidates=tuple(
            CorrectedInvoice(
                number=row.number,
                issued_on=row.issued_on,
                gross_total=Money(row.gross_minor, currency),
                outcome=_standing(row),
                supplied_on=_supplied_on(row),
                gross_by_rate=_gross_by_rate(row),
                corrected_by_rate=_sum(amounts for number, amounts in taken if number == clean(row.number)),
                in_oss=None if row.decision is None else OSS_CASE in row.rules,
                checked=_checked(row),
                left_out=Money(left_out.get(row.document_id, 0), currency),
                **_of_document(row),
            )
            for row in _issued_before(event, invoices)
        ),
        corrected_by_rate=_sum(amounts for number, amounts in taken if number is None),
        corrected_unsplit=total(unsplit, currency),
    )


async def _documents_of_order(session: AsyncSession, event: DocumentIssued) -> Sequence[OrderDocument]:
    """List what came of the order; what nobody could read has no date, and is in no books."""
    query = select(*COLUMNS).where(
        OutcomeRow.tenant_id == event.tenant_id,
        OutcomeRow.connection_id == event.connection_id,
        OutcomeRow.order_id == event.order_id,
        OutcomeRow.issued_on.is_not(None),
    )
    return [OrderDocument(**row._mapping) for row in await session.execute(query)]


def _standing(row: OrderDocument) -> DocumentStatus:
    """How the invoice stands for its correction: what a person booked is in the books like any other."""
    return DocumentStatus.BOOKED if row.reason == BOOKED_BY_HAND else row.status


def _issued_before(event: DocumentIssued, invoices: Sequence[OrderDocument]) -> Sequence[OrderDocument]:
    """A correction takes back what was issued before it; if nothing was, its date tells nothing."""
    earlier = [row for row in invoices if row.issued_on <= event.document.issued_on]
    return earlier or invoices


def _has_to_give(row: OrderDocument, event: DocumentIssued) -> bool:
    """Whether a correction could take anything back of the invoice: not below zero, nor of nothing."""
    return row.gross_minor > 0 or row.gross_minor == event.document.gross_total.minor == 0


def _is_in_books(row: OrderDocument) -> bool:
    """Whether the books hold the document, by us or by others, or may hold it."""
    if row.status == DocumentStatus.BOOKED or row.reason in TAKEN_OTHERWISE:
        return True
    return row.voucher_id is not None and row.reason != DocumentReason.VOUCHER_DELETED.value


def _left_out(invoices: Sequence[OrderDocument], corrections: Sequence[OrderDocument]) -> dict[UUID, int]:
    """What corrections that were left out took back of invoices that were, in cents, by invoice.

    They name none: one of equal total is of that invoice, the others belong to the only one there is.
    """
    out = {row.document_id: abs(row.gross_minor) for row in invoices if _is_left_out(row)}
    taken: dict[UUID, int] = {}
    rest: list[int] = []
    for cents in (abs(row.gross_minor) for row in corrections if _is_left_out(row) and row.gross_minor):
        equal = [one for one, whole in out.items() if whole == cents and one not in taken]
        if equal:
            taken[equal[0]] = cents
        else:
            rest.append(cents)
    if len(out) == 1 and rest:
        (only,) = out
        taken[only] = taken.get(only, 0) + sum(rest)
    return taken


def _is_left_out(row: OrderDocument) -> bool:
    """Whether the document was left out of the books, not booked by somebody else."""
    return row.status == DocumentStatus.EXCLUDED and row.reason != BOOKED_BY_HAND


def _of_document(row: OrderDocument) -> dict[str, Any]:
    """What the invoice itself says, from the event it came with."""
    if row.event is None or row.event_type is None or not registry.is_known(row.event_type):
        return {}
    event = registry.parse(row.event_type, row.event)
    assert isinstance(event, DocumentIssued)
    return {"created_at": event.document.created_at, "lines_key": lines_key(event.document)}


def _named(row: OrderDocument, numbers: set[str]) -> str | None:
    """The invoice a booked correction names, if it is one of the order's; else it may be any of them."""
    named = row.evidence.get(CORRECTED)
    return named if named in numbers else None


def _gross_by_rate(row: OrderDocument) -> PerRate | None:
    """What was decided for the document per rate; None where nothing was."""
    if row.decision is None:
        return None
    lines = Decision.model_validate(row.decision).lines
    return by_rate((Decimal(line.rate), line.gross) for line in lines)


def _supplied_on(row: OrderDocument) -> date | None:
    day = row.evidence.get(SUPPLIED)
    return date.fromisoformat(day) if isinstance(day, str) else None


def _checked(row: OrderDocument) -> VatCheck | None:
    """What was known of the buyer's VAT id when it decided about the invoice."""
    if row.decision is None or BY_CHECK.isdisjoint(row.rules):
        return None
    return VatCheck.model_validate(row.evidence["vat_check"])


def _sum(parts: Iterable[PerRate]) -> PerRate:
    return by_rate(item for part in parts for item in part.items())
