"""An outcome and its announcement are one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.books import VoucherIndexRow
from common.db.models.effects import BindingRow
from common.domain.alarms import AlarmKind
from common.domain.buyers import PayerHashes
from common.domain.reasons import BOOKED_BY_HAND, LOOKED_FOR_AGAIN
from common.domain.stored_words import BoundHow, DocumentStatus
from common.domain.verdicts import Decision
from common.effects.sql_numbers import effects_bound_to
from common.errors import TransientError
from common.events.base import Event
from common.events.documents import DocumentIssued
from common.events.topics import INVOICE_WRITER
from common.events.vouchers import DocumentExcluded, DocumentParked, PaymentKeys, VoucherBooked
from common.outbox.record import Entry, record, record_entries
from invoice_writer.outcomes.alarms import tell_of_document
from invoice_writer.outcomes.outcome import Outcome
from invoice_writer.outcomes.repository import OutcomeRepository
from invoice_writer.outcomes.rows import record_all
from invoice_writer.outcomes.state import DocumentState


async def record_outcome(
    session: AsyncSession,
    event: DocumentIssued,
    outcome: Outcome,
    *,
    state: DocumentState | None,
    payer: PayerHashes | None,
) -> None:
    """Make the document stand as the outcome says and announce it unless it stood there before.

    What is looked for again and again is told once. `payer` goes with the news.
    """
    stands = state is not None and state.stands_as(outcome)
    if stands and outcome.waits_for is not None and outcome.reason in LOOKED_FOR_AGAIN:
        await OutcomeRepository(session, event.tenant_id).stay(event.document_id, outcome, outcome.waits_for)
        return
    revision = await OutcomeRepository(session, event.tenant_id).record(event, outcome)
    if revision is None:
        return
    if state is None or not state.stands_as(outcome):
        await _announce(session, event, outcome, revision, payer)


async def update_status(
    session: AsyncSession,
    event: DocumentIssued,
    outcome: Outcome,
    *,
    state: DocumentState,
    payer: PayerHashes | None,
) -> None:
    """Change how a decided document stands, keeping its decision and voucher on record, and announce it.

    Where a voucher stands for the document, that goes on to be the news.
    """
    revision = await OutcomeRepository(session, event.tenant_id).update_status(event.document_id, outcome)
    if state.voucher_id is None and not state.stands_as(outcome):
        await _announce(session, event, outcome, revision, payer)


@dataclass(frozen=True, slots=True)
class Booking:
    """A document whose voucher is in the books: how it stands from then on, and the news of it.

    `differences`: in what a voucher that others made is not what was decided.
    """

    event: DocumentIssued
    outcome: Outcome
    news: Entry
    differences: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls,
        event: DocumentIssued,
        decision: Decision,
        outcome: Outcome,
        *,
        organization_id: str,
        payer: PayerHashes | None,
        differences: Mapping[str, Any] | None = None,
    ) -> "Booking":
        """Make the booking that this outcome means."""
        assert outcome.status == DocumentStatus.BOOKED
        assert outcome.voucher_id is not None and outcome.how is not None
        fact = VoucherBooked.about(
            event.ref,
            **_shared(event, payer),
            organization_id=organization_id,
            voucher_id=outcome.voucher_id,
            voucher_on=decision.voucher_on,
            tax_total=decision.tax_total,
            how=outcome.how,
        )
        return cls(event, outcome, Entry.of(fact), differences)


class VoucherAlreadyBound(TransientError):
    """Another document reached for the same voucher of a predecessor and was first."""

    code = "invoice_writer.voucher_taken"


async def record_bookings(session: AsyncSession, bookings: Sequence[Booking]) -> None:
    """Record that the books hold the documents' vouchers, and tell of them; raises `VoucherAlreadyBound`."""
    adopted = [booking for booking in bookings if booking.outcome.how == BoundHow.ADOPTED]
    if adopted:
        await _refuse_already_bound(session, adopted)
    revisions = await record_all(session, [(booking.event, booking.outcome) for booking in bookings])
    assert None not in revisions, "the outcome of another tenant's document"
    await record_entries(session, INVOICE_WRITER, [booking.news for booking in bookings])
    for booking in bookings:
        if booking.differences:
            await _tell_difference(session, booking.event, booking.outcome.voucher_id, booking.differences)


async def _tell_difference(
    session: AsyncSession, event: DocumentIssued, voucher_id: str | None, differences: Mapping[str, Any]
) -> None:
    evidence = {"voucher_id": voucher_id, "differences": dict(differences)}
    await tell_of_document(session, event, AlarmKind.ADOPTED_VOUCHER_DIFFERS, str(voucher_id), evidence)


async def _refuse_already_bound(session: AsyncSession, bookings: Sequence[Booking]) -> None:
    """Refuse to adopt a voucher that another document was given meanwhile.

    Who adopts locks the voucher's row in the index; the second one then sees the binding of the first.
    """
    ids = [booking.outcome.voucher_id for booking in bookings]
    tenants = {booking.event.tenant_id for booking in bookings}
    locking = select(VoucherIndexRow.voucher_id).where(
        VoucherIndexRow.tenant_id.in_(tenants), VoucherIndexRow.voucher_id.in_(ids)
    )
    await session.execute(locking.order_by(VoucherIndexRow.voucher_id).with_for_update())
    bound = select(BindingRow.external_id).where(
        BindingRow.tenant_id.in_(tenants), BindingRow.external_id.in_(ids)
    )
    twice = bound.group_by(BindingRow.tenant_id, BindingRow.external_id).having(func.count() > 1)
    shared = (await session.scalars(twice)).all()
    if shared and not await _are_same(session, shared):
        raise VoucherAlreadyBound("the voucher stands for another document by now")


async def _are_same(session: AsyncSession, voucher_ids: Sequence[str]) -> bool:
    """Look whether all that stands for each voucher is one document, seen through several connections."""
    query = select(BindingRow.effect_key).where(BindingRow.external_id.in_(voucher_ids))
    bound = set(await session.scalars(query))
    known = await effects_bound_to(session, voucher_ids)
    first = {one.external_id: one.numbered for one in known}
    same = {one.key for one in known if one.numbered.is_same_document(first[one.external_id])}
    return bound <= same


async def _announce(
    session: AsyncSession, event: DocumentIssued, outcome: Outcome, revision: int, payer: PayerHashes | None
) -> None:
    fact = _fact(event, outcome, revision, payer)
    if fact is not None:
        await record(session, INVOICE_WRITER, fact)


def _fact(event: DocumentIssued, outcome: Outcome, revision: int, payer: PayerHashes | None) -> Event | None:
    why, shared = outcome.reason or "", {**_shared(event, payer), "revision": revision}
    if outcome.status == DocumentStatus.PARKED:
        return DocumentParked.about(event.ref, **shared, reason=why)
    if outcome.status == DocumentStatus.EXCLUDED:
        return DocumentExcluded.about(event.ref, **shared, rule=why, voucher_id=_made_by_hand(outcome))
    return None


def _made_by_hand(outcome: Outcome) -> str | None:
    """The voucher that a person named as the document's."""
    return outcome.params.get("voucher_id") if outcome.reason == BOOKED_BY_HAND else None


def _shared(event: DocumentIssued, payer: PayerHashes | None) -> dict[str, Any]:
    order = event.order
    return {
        "occurred_at": datetime.now(UTC),
        "lane": event.lane,
        "issued_on": event.document.issued_on,
        "gross_total": event.document.gross_total,
        "keys": PaymentKeys(
            order_number=order.order_number, customer_number=order.customer_number, payment=order.payment
        ),
        "due_on": order.payment.due_on if order.payment else None,
        "payer": payer,
    }
