"""Makes the books hold exactly one voucher for a decision, written by us or adopted."""

from datetime import timedelta

from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import BindingRow
from common.domain.reasons import DocumentReason
from common.effects.effect import Bound, EffectResult, Parked
from common.effects.runner import EffectRunner
from common.effects.sql_numbers import effects_bound_to
from common.errors import RefusedError
from common.events.documents import DocumentIssued
from common.http.errors import NotFound
from common.later import Later
from common.lexware.wire import Voucher
from invoice_writer.deciding import VoucherPlan
from invoice_writer.keys import marker_in, names_order
from invoice_writer.lists import BooksUnreadable, waiting_for_books
from invoice_writer.outcomes import Outcome
from invoice_writer.vouchers import (
    OtherEffects,
    VoucherContacts,
    VoucherEffect,
    VoucherIndex,
    counts,
    is_void,
)
from invoice_writer.writing.ends import refused, translated
from invoice_writer.writing.predecessors import Predecessors

STILL_ARRIVING = timedelta(seconds=30)


class VoucherWriter:
    """Looks for a predecessor's voucher first, then runs the guarded write."""

    def __init__(
        self, db: Database, runner: EffectRunner, index: VoucherIndex, customers: VoucherContacts
    ) -> None:
        self._db, self._runner, self._customers = db, runner, customers
        self._others = OtherEffects(db)
        self._predecessors = Predecessors(db, runner, index, self._others)

    async def write(self, event: DocumentIssued, plan: VoucherPlan) -> Bound | Outcome | Later:
        """Write the voucher, or adopt the one the books hold.

        Returns the binding, an outcome to record instead, or when to try again.
        """
        effect = self._effect(event, plan)
        is_new = not await self._runner.is_known(effect.key)
        if is_new:
            found = await self._predecessors.find(effect, event, plan)
            if found is not None:
                return found
        return await self._ensure(effect, event, plan, is_new=is_new)

    async def book_anyway(self, event: DocumentIssued, plan: VoucherPlan) -> Bound | Outcome | Later:
        """Write although the number is taken, because a person said so of what was shown.

        So too where no search tells whether the last write arrived: then a person has looked for it.
        """
        settled = await self._runner.resolve_unseen_attempt(self._effect(event, plan))
        if settled is not None and not _is_unsettled(settled):
            return translated(settled, plan)
        effect = self._effect(event, plan, despite=True)
        if not await self._runner.give_up_open_attempt(effect.key):
            return Later(STILL_ARRIVING, DocumentReason.WRITE_UNCONFIRMED.value)
        is_new = not await self._runner.is_known(effect.key)
        return await self._ensure(effect, event, plan, is_new=is_new)

    async def resolve_open_attempt(
        self, event: DocumentIssued, armed: VoucherPlan
    ) -> Bound | Outcome | Later | None:
        """Find out what became of a write without an answer. Returns None when it surely did nothing.

        Then all may be decided anew.
        """
        result = await self._runner.resolve_open_attempt(self._effect(event, armed))
        return None if result is None else translated(result, armed)

    async def adopt(
        self, event: DocumentIssued, plan: VoucherPlan, voucher_id: str
    ) -> Bound | Outcome | Later:
        """Bind the voucher a person chose, if it is there, of the right type and nobody else's.

        It may say other totals than the document, or count for nothing yet: then both are told in an alarm.
        A voucher that stands for the same document of another connection stands for this one too.
        """
        effect = self._effect(event, plan, despite=True)
        fit = await self._read_fit(effect, plan, voucher_id)
        if not isinstance(fit, Voucher):
            refusal = plan.parked(DocumentReason.NUMBER_TAKEN_IN_BOOKS, vouchers=[], refused=voucher_id)
            return fit or refusal
        return await self._adopt(effect, plan, voucher_id, fit)

    async def adopt_equal(
        self, event: DocumentIssued, plan: VoucherPlan, voucher_id: str
    ) -> Bound | Outcome | Later | None:
        """Bind a voucher that nobody looked at, if it says number, date, total and order; else None."""
        effect = self._effect(event, plan, despite=True)
        fit = await self._read_fit(effect, plan, voucher_id)
        if not isinstance(fit, Voucher):
            return fit
        return await self._adopt(effect, plan, voucher_id, fit) if _equals(fit, event, plan) else None

    async def _read_fit(
        self, effect: VoucherEffect, plan: VoucherPlan, voucher_id: str
    ) -> Voucher | Outcome | None:
        """Read a voucher that the document may have. Returns None when it may not, or is not there."""
        try:
            voucher = await plan.client.vouchers.get(voucher_id)
        except NotFound:
            return None
        except RefusedError as refusal:
            return refused(refusal, plan)
        is_unfit = voucher.type != plan.decision.voucher_type or is_void(voucher)
        return None if is_unfit or await self._is_anothers(effect, voucher_id) else voucher

    async def _adopt(
        self, effect: VoucherEffect, plan: VoucherPlan, voucher_id: str, voucher: Voucher
    ) -> Bound | Outcome | Later:
        return translated(await self._runner.adopt(effect.adopting(voucher), voucher_id), plan)

    async def _ensure(
        self, effect: VoucherEffect, event: DocumentIssued, plan: VoucherPlan, *, is_new: bool
    ) -> Bound | Outcome | Later:
        """Write the voucher under its guard, with the contact it needs."""
        try:
            contact_id = await self._customers.ready(event, plan, anew=effect.despite)
        except BooksUnreadable as stalled:
            return waiting_for_books(stalled, plan.context.settings.id)
        if isinstance(contact_id, Outcome | Later):
            return contact_id
        ensure = self._runner.ensure_new if is_new else self._runner.ensure
        result = await ensure(effect.for_contact(contact_id))
        later = await self._customers.check_refused_contact(event, plan, contact_id, result)
        return later or translated(result, plan)

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


def _is_unsettled(result: EffectResult) -> bool:
    return isinstance(result, Parked) and result.reason == DocumentReason.WRITE_UNSETTLED.value


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
