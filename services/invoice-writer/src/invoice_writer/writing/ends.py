"""How a write of a voucher ends, as the document's outcome."""

from dataclasses import dataclass

from common.domain.reasons import DocumentReason
from common.effects.effect import Bound, EffectResult, Parked, Refused
from common.errors import ConnectorError
from common.later import Later
from common.lexware.errors import VoucherRejected
from invoice_writer.deciding import VoucherPlan
from invoice_writer.outcomes import Outcome
from invoice_writer.refusals import connection_reason, said_by

LOCKED = ("invalid_value", "voucherDate")  # the dates we send are well-formed: the period is closed


@dataclass(frozen=True, slots=True)
class Unsure(Later):
    """The books did not tell what they hold; `vouchers`: those that their list shows and a look does not."""

    vouchers: tuple[str, ...] = ()

    def as_lasting(self, plan: VoucherPlan) -> Outcome:
        """The end where it is so for long: a person is asked instead of the books once more."""
        return plan.parked(DocumentReason.WRITE_UNSETTLED, vouchers=list(self.vouchers), said=self.reason)


def translated(result: EffectResult, plan: VoucherPlan) -> Bound | Outcome | Later:
    """The end of the effect in the words of documents; a binding and an appointment stay what they are."""
    match result:
        case Bound() | Later():
            return result
        case Parked():
            return plan.parked(DocumentReason(result.reason), **result.params)
        case Refused():
            return refused(result.error, plan)


def refused(error: ConnectorError, plan: VoucherPlan) -> Outcome:
    """The outcome of a voucher that the books did not take, with what they said."""
    if isinstance(error, VoucherRejected):
        reason = DocumentReason.LOCKED_PERIOD if _is_locked(error) else DocumentReason.VOUCHER_REJECTED
        return plan.parked(reason, **said_by(error), request_id=error.request_id)
    of_connection = connection_reason(error)
    if of_connection is not None:
        return plan.parked(of_connection, code=error.code)
    return plan.parked(DocumentReason.VOUCHER_REJECTED, code=error.code, **said_by(error))


def _is_locked(error: VoucherRejected) -> bool:
    return any((issue.key, issue.source) == LOCKED for issue in error.issues)
