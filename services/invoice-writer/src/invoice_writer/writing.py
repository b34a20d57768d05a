"""Makes the books hold exactly one voucher for a decision, written by us or adopted."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import BindingRow
from common.domain.reasons import DocumentReason
from common.domain.stored_words import BoundHow
from common.effects.effect import Bound, EffectResult, Parked, Refused
from common.effects.runner import EffectRunner
from common.effects.sql_numbers import effects_bound_to
from common.errors import ConnectorError, RefusedError
from common.events.documents import DocumentIssued
from common.http.errors import NotFound
from common.later import Later
from common.lexware.errors import VoucherRejected
from common.lexware.wire import Voucher
from invoice_writer.books_watch import CorrectedVouchers
from invoice_writer.context import BooksConnection
from invoice_writer.deciding import VoucherPlan
from invoice_writer.keys import marker_in, names_order
from invoice_writer.lists import BooksUnreadable, waiting_for_books, waiting_for_part
from invoice_writer.outcomes import Outcome
from invoice_writer.refusals import connection_reason, said_by
from invoice_writer.vouchers import (
    IndexedVoucher,
    OtherEffects,
    VoucherContacts,
    VoucherEffect,
    VoucherIndex,
    counts,
    is_void,
)

LOCKED = ("invalid_value", "voucherDate")  # the dates we send are well-formed: the period is closed
STILL_ARRIVING = timedelta(seconds=30)
NOT_VISIBLE_YET, NOT_VISIBLE = timedelta(seconds=10), "voucher_not_visible"
NOT_READABLE = timedelta(minutes=1)


class VoucherWriter:
    """Looks for a predecessor's voucher first, then runs the guarded write."""

    def __init__(
        self, db: Database, runner: EffectRunner, index: VoucherIndex, customers: VoucherContacts
    ) -> None:
        self._db, self._runner, self._index, self._customers = db, runner, index, customers
        self._others = OtherEffects(db)
        self._corrected = CorrectedVouchers(db)

    async def write(
        self, event: DocumentIssued, plan: VoucherPlan, *, book_anyway: bool = False, lasting: bool = False
    ) -> Bound | Outcome | Later:
        """Write the voucher, or adopt the one the books hold.

        Returns the binding, an outcome to record instead, or when to try again.

        `lasting`: nobody could find out for an hour what the books hold; then a person is asked.
        """
        effect = self._effect(event, plan, despite=book_anyway)
        is_new = not await self._runner.is_known(effect.key)
        if is_new and not book_anyway:
            try:
                found = await self._find_predecessor(effect, plan, lasting)
                found = found or await self._corrected.check(event, plan)
            except BooksUnreadable as stalled:
                return waiting_for_books(stalled, plan.context.settings.id)
            except RefusedError as refusal:
                return _unread(refusal, plan, lasting)
            if found is not None:
                return found
        try:
            contact_id = await self._customers.ready(event, plan, anew=book_anyway)
        except BooksUnreadable as stalled:
            return waiting_for_books(stalled, plan.context.settings.id)
        if isinstance(contact_id, Outcome | Later):
            return contact_id
        ensure = self._runner.ensure_new if is_new else self._runner.ensure
        result = await ensure(effect.for_contact(contact_id))
        return await self._customers.check_refused_contact(event, plan, contact_id, result) or _translated(
            result, plan
        )

    async def resolve_open_attempt(
        self, event: DocumentIssued, armed: VoucherPlan
    ) -> Bound | Outcome | Later | None:
        """Find out what became of a write without an answer. Returns None when it surely did nothing.

        Then all may be decided anew.
        """
        result = await self._runner.resolve_open_attempt(self._effect(event, armed))
        return None if result is None else _translated(result, armed)

    async def adopt(
        self, event: DocumentIssued, plan: VoucherPlan, voucher_id: str, *, if_equal: bool = False
    ) -> Bound | Outcome | Later | None:
        """Bind the voucher a person chose, if it is there, of the right type and nobody else's.

        `if_equal`: nobody looked at this very one, so it must say number, date, total and order; else None.

        It may say other totals than the document, or count for nothing yet: then both are told in an alarm.
        A voucher that stands for the same document of another connection stands for this one too.
        """
        effect, wanted = self._effect(event, plan, despite=True), plan.decision.voucher_type
        try:
            voucher = await plan.client.vouchers.get(voucher_id)
        except NotFound:
            return None if if_equal else _unfit(plan, voucher_id)
        except RefusedError as refusal:
            return _refused(refusal, plan)
        is_unfit = voucher.type != wanted or is_void(voucher) or await self._is_anothers(effect, voucher_id)
        if if_equal and (is_unfit or not _equals(voucher, event, plan)):
            return None
        if is_unfit:
            return _unfit(plan, voucher_id)
        return _translated(await self._runner.adopt(effect.adopting(voucher), voucher_id), plan)

    async def book_anyway(self, event: DocumentIssued, plan: VoucherPlan) -> Bound | Outcome | Later:
        """Write although the number is taken, because a person said so of what was shown.

        So too where no search tells whether the last write arrived: then a person has looked for it.
        """
        settled = await self._runner.resolve_unseen_attempt(self._effect(event, plan))
        if settled is not None and not _is_unsettled(settled):
            return _translated(settled, plan)
        if not await self._runner.give_up_open_attempt(self._effect(event, plan).key):
            return Later(STILL_ARRIVING, "write_unconfirmed")
        return await self.write(event, plan, book_anyway=True)

    def _effect(self, event: DocumentIssued, plan: VoucherPlan, *, despite: bool = False) -> VoucherEffect:
        return VoucherEffect(event, plan, others=self._others, despite=despite)

    async def _is_anothers(self, effect: VoucherEffect, voucher_id: str) -> bool:
        """Look whether the voucher already stands for another document, whichever tenant's."""
        query = select(BindingRow.effect_key).where(
            BindingRow.external_id == voucher_id, BindingRow.effect_key != effect.key
        )
        async with self._db.reading.of_all_tenants() as session:
            bound = set(await session.scalars(query))
            same = await effects_bound_to(session, [voucher_id])
        return bool(bound - {one.key for one in same if one.numbered.is_same_document(effect.numbered)})

    async def _find_predecessor(
        self, effect: VoucherEffect, plan: VoucherPlan, lasting: bool
    ) -> Bound | Outcome | Later | None:
        """Look for a voucher of that type and number that is bound to no document of ours.

        Returns what follows: it is adopted, the document parked, or looked for later; None without one.
        """
        books = plan.context.books
        assert books is not None
        pause = await self._index.ensure_fresh(effect.tenant_id, books, plan.client, _since(plan, books))
        if pause is not None:
            return Later(pause, "vouchers_being_read")
        wanted = plan.decision.voucher_type
        unread = self._index.unread(books.connection_id, wanted, plan.decision.voucher_on)
        if unread is not None:
            return plan.waiting(DocumentReason.BOOKS_UNREADABLE, **waiting_for_part(unread))
        found = await self._index.unbound(
            effect.tenant_id, books.connection_id, wanted, plan.decision.voucher_number
        )
        return await self._adopt_found(effect, plan, books, found, lasting) if found else None

    async def _adopt_found(
        self,
        effect: VoucherEffect,
        plan: VoucherPlan,
        books: BooksConnection,
        found: Sequence[IndexedVoucher],
        lasting: bool,
    ) -> Bound | Outcome | Later | None:
        """Read what was found as it is now, adopt the one that is ours, and judge the others."""
        looked = {known.voucher_id: await self._look(books, plan, known) for known in found}
        hidden = [key for key, voucher in looked.items() if isinstance(voucher, Later)]
        if hidden and lasting:
            return plan.parked(DocumentReason.WRITE_UNSETTLED, vouchers=hidden, said=NOT_VISIBLE)
        if hidden:
            return Later(NOT_VISIBLE_YET, NOT_VISIBLE)
        there = {
            key: voucher
            for key, voucher in looked.items()
            if isinstance(voucher, Voucher) and voucher.type == plan.decision.voucher_type
        }
        ours = [
            key
            for key, voucher in there.items()
            if marker_in(voucher.remark) == effect.marker and not is_void(voucher)
        ]
        if len(ours) > 1:
            return plan.parked(DocumentReason.DUPLICATE_IN_BOOKS, vouchers=ours)
        if ours:
            return _translated(await self._runner.adopt(effect, ours[0], how=BoundHow.RECONCILED), plan)
        return await self._judge(effect, plan, there)

    async def _judge(
        self, effect: VoucherEffect, plan: VoucherPlan, there: dict[str, Voucher]
    ) -> Bound | Outcome | Later | None:
        """Judge vouchers without our marker: adopt a predecessor's, leave other documents' of ours alone."""
        marked = {key: one.remark for key, one in there.items() if marker_in(one.remark) is not None}
        told = await self._others.told_apart(effect.numbered, marked)
        if told.same:
            return plan.parked(DocumentReason.SAME_DOCUMENT_ELSEWHERE, vouchers=told.same)
        left = [key for key in there if key not in marked or key in told.foreign]
        same = [key for key in left if _is_predecessors(there[key], plan)]
        if len(left) == len(same) == 1:
            return _translated(await self._runner.adopt(effect.adopting(there[same[0]]), same[0]), plan)
        return plan.parked(DocumentReason.NUMBER_TAKEN_IN_BOOKS, vouchers=left) if left else None

    async def _look(
        self, books: BooksConnection, plan: VoucherPlan, known: IndexedVoucher
    ) -> Voucher | Later | None:
        """Read the voucher as it is now. Returns None when it is gone or renumbered, `Later` if unsure."""
        try:
            voucher = await plan.client.vouchers.get(known.voucher_id)
        except NotFound:
            listed = await plan.client.voucherlist.find(plan.decision.voucher_type, known.number)
            if not listed.complete or any(row.id == known.voucher_id for row in listed.rows):
                return Later(NOT_VISIBLE_YET, NOT_VISIBLE)
        else:
            if (voucher.voucher_number or "").strip() == known.number:
                return voucher
        await self._index.forget(plan.context.tenant_id, books.connection_id, known.voucher_id)
        return None


def _is_unsettled(result: EffectResult) -> bool:
    return isinstance(result, Parked) and result.reason == DocumentReason.WRITE_UNSETTLED.value


def _since(plan: VoucherPlan, books: BooksConnection) -> date:
    start_on = plan.context.settings.values.start_on or books.connected_on
    return min(start_on, plan.decision.voucher_on)


def _is_predecessors(voucher: Voucher, plan: VoucherPlan) -> bool:
    """Whether somebody else booked exactly this document."""
    decision = plan.decision
    return (
        marker_in(voucher.remark) is None
        and counts(voucher)
        and voucher.voucher_on == decision.voucher_on
        and voucher.total_gross_amount == decision.gross_total.decimal
    )


def _unfit(plan: VoucherPlan, voucher_id: str) -> Outcome:
    return plan.parked(DocumentReason.NUMBER_TAKEN_IN_BOOKS, vouchers=[], refused=voucher_id)


def _equals(voucher: Voucher, event: DocumentIssued, plan: VoucherPlan) -> bool:
    """Whether the voucher is this document's: ours by its mark and its order, or as a predecessor made it."""
    decision = plan.decision
    is_of_order = marker_in(voucher.remark) is None or names_order(voucher.remark, event.order.order_number)
    return (
        is_of_order
        and counts(voucher)
        and (voucher.voucher_number or "").strip() == decision.voucher_number
        and voucher.voucher_on == decision.voucher_on
        and voucher.total_gross_amount == decision.gross_total.decimal
    )


def _translated(result: EffectResult, plan: VoucherPlan) -> Bound | Outcome | Later:
    match result:
        case Bound() | Later():
            return result
        case Parked():
            return plan.parked(DocumentReason(result.reason), **result.params)
        case Refused():
            return _refused(result.error, plan)


def _unread(error: RefusedError, plan: VoucherPlan, lasting: bool) -> Outcome | Later:
    """A refused look says nothing about the document; what speaks of the connection holds up all of them."""
    reason = connection_reason(error)
    if reason is None and lasting:
        return plan.parked(DocumentReason.WRITE_UNSETTLED, vouchers=[], said=error.code)
    return Later(NOT_READABLE, error.code) if reason is None else plan.parked(reason, code=error.code)


def _refused(error: ConnectorError, plan: VoucherPlan) -> Outcome:
    if isinstance(error, VoucherRejected):
        reason = DocumentReason.LOCKED_PERIOD if _is_locked(error) else DocumentReason.VOUCHER_REJECTED
        return plan.parked(reason, **said_by(error), request_id=error.request_id)
    of_connection = connection_reason(error)
    if of_connection is not None:
        return plan.parked(of_connection, code=error.code)
    return plan.parked(DocumentReason.VOUCHER_REJECTED, code=error.code, **said_by(error))


def _is_locked(error: VoucherRejected) -> bool:
    return any((issue.key, issue.source) == LOCKED for issue in error.issues)
