"""Looks for the voucher that somebody else may have made of a document: a predecessor, a person, we."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from common.db.engine import Database
from common.domain.reasons import DocumentReason
from common.domain.stored_words import BoundHow
from common.effects.effect import Bound
from common.effects.runner import EffectRunner
from common.errors import RefusedError
from common.events.documents import DocumentIssued
from common.http.errors import NotFound
from common.later import Later
from common.lexware.wire import Voucher
from invoice_writer.books_watch import CorrectedVouchers
from invoice_writer.context import BooksConnection
from invoice_writer.deciding import VoucherPlan
from invoice_writer.keys import marker_in
from invoice_writer.lists import BooksUnreadable, waiting_for_books, waiting_for_part
from invoice_writer.outcomes import Outcome
from invoice_writer.refusals import NOT_VISIBLE, connection_reason
from invoice_writer.vouchers import (
    IndexedVoucher,
    OtherEffects,
    VoucherEffect,
    VoucherIndex,
    counts,
    is_void,
)
from invoice_writer.writing.ends import Unsure, translated

NOT_VISIBLE_YET = timedelta(seconds=10)
NOT_READABLE = timedelta(minutes=1)


class Predecessors:
    """Asks the books, before anything is written, what they hold of that type and number."""

    def __init__(self, db: Database, runner: EffectRunner, index: VoucherIndex, others: OtherEffects) -> None:
        self._runner, self._index, self._others = runner, index, others
        self._corrected = CorrectedVouchers(db)

    async def find(
        self, effect: VoucherEffect, event: DocumentIssued, plan: VoucherPlan
    ) -> Bound | Outcome | Later | None:
        """Look for what stands in the way of a new voucher.

        Returns what follows of it: a binding, an outcome, when to look again; None when it can be written.
        """
        try:
            found = await self._of_number(effect, plan)
            return found or await self._corrected.check(event, plan)
        except BooksUnreadable as stalled:
            return waiting_for_books(stalled, plan.context.settings.id)
        except RefusedError as refusal:
            return _unread(refusal, plan)

    async def _of_number(self, effect: VoucherEffect, plan: VoucherPlan) -> Bound | Outcome | Later | None:
        """Look for a voucher of that type and number that is bound to no document of ours.

        Returns what follows: it is adopted, the document parked, or looked for later; None without one.
        """
        books = plan.context.books
        assert books is not None
        later = await self._index.ensure_fresh(effect.tenant_id, books, plan.client, _since(plan, books))
        if later is not None:
            return later
        wanted = plan.decision.voucher_type
        unread = self._index.unread(books.connection_id, wanted, plan.decision.voucher_on)
        if unread is not None:
            return plan.waiting(DocumentReason.BOOKS_UNREADABLE, **waiting_for_part(unread))
        found = await self._index.unbound(
            effect.tenant_id, books.connection_id, wanted, plan.decision.voucher_number
        )
        return await self._adopt_found(effect, plan, books, found) if found else None

    async def _adopt_found(
        self,
        effect: VoucherEffect,
        plan: VoucherPlan,
        books: BooksConnection,
        found: Sequence[IndexedVoucher],
    ) -> Bound | Outcome | Later | None:
        """Read what was found as it is now, adopt the one that is ours, and judge the others."""
        looked = {known.voucher_id: await self._look(books, plan, known) for known in found}
        hidden = [key for key, voucher in looked.items() if isinstance(voucher, Later)]
        if hidden:
            return Unsure(NOT_VISIBLE_YET, NOT_VISIBLE, vouchers=tuple(hidden))
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
            return translated(await self._runner.adopt(effect, ours[0], how=BoundHow.RECONCILED), plan)
        return await self._judge(effect, plan, there)

    async def _judge(
        self, effect: VoucherEffect, plan: VoucherPlan, there: Mapping[str, Voucher]
    ) -> Bound | Outcome | Later | None:
        """Judge vouchers without our marker: adopt a predecessor's, leave other documents' of ours alone."""
        marked = {key: one.remark for key, one in there.items() if marker_in(one.remark) is not None}
        told = await self._others.told_apart(effect.numbered, marked)
        if told.same:
            return plan.parked(DocumentReason.SAME_DOCUMENT_ELSEWHERE, vouchers=list(told.same))
        left = [key for key in there if key not in marked or key in told.foreign]
        same = [key for key in left if _is_predecessors(there[key], plan)]
        if len(left) == len(same) == 1:
            return translated(await self._runner.adopt(effect.adopting(there[same[0]]), same[0]), plan)
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


def _unread(error: RefusedError, plan: VoucherPlan) -> Outcome | Later:
    """A refused look says nothing about the document; what speaks of the connection holds up all of them."""
    reason = connection_reason(error)
    return Unsure(NOT_READABLE, error.code) if reason is None else plan.parked(reason, code=error.code)
