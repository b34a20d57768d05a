"""Makes the books hold exactly one voucher for a decision, written by us or adopted."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from common.db.engine import Database
from common.domain.reasons import Reason
from common.effects.effect import Bound, EffectResult, Parked, Pending, Refused
from common.effects.runner import EffectRunner
from common.errors import ConnectorError
from common.events.documents import DocumentIssued
from common.inbox.messages import Later
from common.lexware.errors import BooksNotConnected, ContractProblem, ReconnectNeeded, VoucherRejected
from invoice_writer.context import BooksConnection
from invoice_writer.deciding import ToWrite
from invoice_writer.mapping import marker_in
from invoice_writer.outcomes import PARKED, Outcome
from invoice_writer.voucher_effect import VoucherEffect
from invoice_writer.voucher_index import IndexedVoucher, VoucherIndex

LOCKED = ("invalid_value", "voucherDate")  # the dates we send are well-formed: the period is closed
STILL_ARRIVING = timedelta(seconds=30)
REFUSALS: Mapping[type[ConnectorError], Reason] = MappingProxyType(
    {
        ContractProblem: Reason.CONTRACT_PROBLEM,
        ReconnectNeeded: Reason.RECONNECT_NEEDED,
        BooksNotConnected: Reason.BOOKS_NOT_CONNECTED,
    }
)


class VoucherWriter:
    """Looks for a predecessor's voucher first, then runs the guarded write."""

    def __init__(self, db: Database, runner: EffectRunner, index: VoucherIndex) -> None:
        self._db, self._runner, self._index = db, runner, index

    async def write(
        self, event: DocumentIssued, plan: ToWrite, *, book_anyway: bool = False
    ) -> Bound | Outcome | Later:
        """The binding, an outcome to record instead, or when to try again."""
        effect = VoucherEffect(event, plan)
        is_new = not await self._runner.is_known(effect.key)
        if is_new and not book_anyway:
            taken = await self._taken(effect, plan)
            if taken is not None:
                return taken
        return _translated(await self._runner.ensure(effect, is_new=is_new), plan)

    async def adopt(self, event: DocumentIssued, plan: ToWrite, voucher_id: str) -> Bound | Outcome | Later:
        """Bind the voucher a person chose."""
        effect = VoucherEffect(event, plan)
        return _translated(await self._runner.adopt(effect, voucher_id, how="adopted"), plan)

    async def book_anyway(self, event: DocumentIssued, plan: ToWrite) -> Bound | Outcome | Later:
        """Write although the number is taken, because a person said so."""
        if not await self._runner.give_up_open_attempt(VoucherEffect(event, plan).key):
            return Later(STILL_ARRIVING, "write_unconfirmed")
        return await self.write(event, plan, book_anyway=True)

    async def _taken(self, effect: VoucherEffect, plan: ToWrite) -> Bound | Outcome | Later | None:
        """What follows from a voucher of that type and number that is bound to no document of ours."""
        books = plan.context.books
        assert books is not None
        await self._index.ensure_fresh(effect.tenant_id, books, plan.client, _since(plan, books))
        found = await self._index.unbound(
            effect.tenant_id, books.connection_id, plan.decision.voucher_type, plan.decision.voucher_number
        )
        if not found:
            return None
        markers = {voucher.voucher_id: await self._marker(plan, voucher) for voucher in found}
        ours = [voucher for voucher in found if markers[voucher.voucher_id] == effect.marker]
        if ours:
            return _translated(await self._runner.adopt(effect, ours[0].voucher_id, how="reconciled"), plan)
        if len(found) == 1 and markers[found[0].voucher_id] is None and _same(found[0], plan):
            return _translated(await self._runner.adopt(effect, found[0].voucher_id, how="adopted"), plan)
        vouchers = [voucher.voucher_id for voucher in found]
        return _parked(Reason.NUMBER_TAKEN_IN_BOOKS, plan, vouchers=vouchers)

    async def _marker(self, plan: ToWrite, voucher: IndexedVoucher) -> str | None:
        return marker_in((await plan.client.vouchers.get(voucher.voucher_id)).remark)


def _since(plan: ToWrite, books: BooksConnection) -> date:
    start_on = plan.context.settings.values.start_on or books.connected_on
    return min(start_on, plan.decision.voucher_on)


def _same(voucher: IndexedVoucher, plan: ToWrite) -> bool:
    decision = plan.decision
    return voucher.voucher_on == decision.voucher_on and voucher.gross_total == decision.gross_total


def _translated(result: EffectResult, plan: ToWrite) -> Bound | Outcome | Later:
    match result:
        case Bound():
            return result
        case Pending():
            return Later(result.retry_after, result.reason)
        case Parked():
            return _parked(Reason(result.reason), plan, **result.params)
        case Refused():
            return _refused(result.error, plan)


def _refused(error: ConnectorError, plan: ToWrite) -> Outcome:
    if isinstance(error, VoucherRejected):
        reason = Reason.LOCKED_PERIOD if _is_locked(error) else Reason.VOUCHER_REJECTED
        issues = [issue.model_dump(mode="json") for issue in error.issues]
        return _parked(reason, plan, issues=issues, request_id=error.request_id)
    for kind, reason in REFUSALS.items():
        if isinstance(error, kind):
            return _parked(reason, plan)
    return _parked(Reason.VOUCHER_REJECTED, plan, code=error.code)


def _is_locked(error: VoucherRejected) -> bool:
    return any((issue.key, issue.source) == LOCKED for issue in error.issues)


def _parked(reason: Reason, plan: ToWrite, **params: Any) -> Outcome:
    decision = plan.decision
    return Outcome(
        PARKED,
        reason=reason.value,
        params=params,
        rules=decision.rules,
        evidence=dict(decision.evidence),
        decision=decision.model_dump(mode="json"),
        settings_version_id=plan.context.settings.id,
    )
