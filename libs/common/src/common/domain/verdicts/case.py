"""The material of one decision, and the trail of rules that fired while it was made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pydantic import JsonValue

from common.domain.amounts import table_version
from common.domain.buyers import VatCheck
from common.domain.documents import BERLIN, Document, DocumentType, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.reasons import BY_RATE_TABLE, DocumentReason
from common.domain.verdicts.verdicts import CorrectedInvoice, CorrectionContext, Exclude, Park


@dataclass(frozen=True, slots=True)
class DecisionInput:
    """Everything a rule may look at.

    `check_overdue`: the document has waited for the check of its VAT id as long as the merchant allows.
    """

    document: Document
    order: OrderSnapshot
    profile: SellerProfile
    categories: Mapping[str, PostingCategory]
    settings: MerchantSettings
    original: CorrectionContext
    vat_check: VatCheck | None = None
    check_overdue: bool = False

    @property
    def is_correction(self) -> bool:
        """Whether the document takes an invoice back, wholly or in part."""
        return self.document.type is DocumentType.CREDIT_NOTE

    @property
    def corrected(self) -> CorrectedInvoice | None:
        """The invoice a correction names; None for invoices and where it is unclear."""
        return self.original.corrected_by(self.document) if self.is_correction else None

    @property
    def in_question(self) -> tuple[CorrectedInvoice, ...]:
        """The invoice a correction names, else all that it may take something back of."""
        if not self.is_correction:
            return ()
        named = self.corrected
        return self.original.left_for(self.document) if named is None else (named,)

    @property
    def dispatched_on(self) -> date | None:
        """The German calendar date of dispatch, when the order knows it."""
        moment = self.order.dispatched_at
        return None if moment is None else moment.astimezone(BERLIN).date()


@dataclass(slots=True)
class Trail:
    """Collects the rules that fired and what they saw."""

    rules: list[str] = field(default_factory=list)
    evidence: dict[str, JsonValue] = field(default_factory=dict)

    def fired(self, rule: str, **evidence: JsonValue) -> None:
        """The rule is on the trail, with what it saw."""
        self.rules.append(rule)
        self.evidence.update(evidence)

    def park(self, reason: DocumentReason, **params: JsonValue) -> Park:
        """A verdict that carries the trail so far and the reason that ended it."""
        rules = (*self.rules, f"park.{reason.value}")
        if reason in BY_RATE_TABLE:
            self.evidence["rate_table"] = table_version()
        return Park(reason=reason, params=params, rules=rules, evidence=self.evidence)

    def wait(self, reason: DocumentReason, waits: timedelta, **params: JsonValue) -> Park:
        """A park that waits as long as the merchant chose, not as long as the reason usually does."""
        return self.park(reason, **params).model_copy(update={"waits": waits})

    def exclude(self, rule: str) -> Exclude:
        """A verdict that carries the trail so far and the rule that left the document out."""
        return Exclude(rule=rule, rules=(*self.rules, rule), evidence=self.evidence)
