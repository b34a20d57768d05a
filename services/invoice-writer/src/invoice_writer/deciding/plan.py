"""What is to be written for a document, with everything the writing needs."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from common.domain.reasons import LOOKED_FOR_AGAIN, DocumentReason
from common.domain.stored_words import DocumentStatus
from common.domain.verdicts import Decision
from common.lexware.client import LexwareClient
from invoice_writer.context import TenantContext
from invoice_writer.outcomes import Outcome

LOOK_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class VoucherPlan:
    """A voucher to write with everything its writing needs."""

    decision: Decision
    context: TenantContext
    client: LexwareClient
    organization_id: str

    def parked(self, reason: DocumentReason, **params: Any) -> Outcome:
        """The outcome when the voucher cannot be written; what was decided stays on record."""
        outcome = self._standing(DocumentStatus.PARKED, reason, params)
        return replace(outcome, waits_for=LOOK_AGAIN) if reason in LOOKED_FOR_AGAIN else outcome

    def waiting(self, reason: DocumentReason, **params: Any) -> Outcome:
        """The outcome while something is waited for that is looked after elsewhere."""
        return self._standing(DocumentStatus.WAITING, reason, params)

    def _standing(self, status: DocumentStatus, reason: DocumentReason, params: dict[str, Any]) -> Outcome:
        return Outcome(
            status,
            reason=reason.value,
            params=params,
            rules=self.decision.rules,
            evidence=dict(self.decision.evidence),
            decision=self.decision.model_dump(mode="json"),
            settings_version_id=self.context.settings.id,
        )
