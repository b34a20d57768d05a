"""What comes out of a decision, with the trail that led there."""

from common.domain.verdicts.case import DecisionInput, Trail
from common.domain.verdicts.einvoices import EInvoice, EInvoiceProblem, differences
from common.domain.verdicts.verdicts import (
    CollectiveContact,
    Contact,
    CorrectedInvoice,
    CorrectionContext,
    Decision,
    Exclude,
    Park,
    SingleContact,
    Verdict,
    VoucherLine,
)
from common.domain.verdicts.wording import contact_name, order_words, remark

__all__ = [
    "CollectiveContact",
    "Contact",
    "CorrectedInvoice",
    "CorrectionContext",
    "Decision",
    "DecisionInput",
    "EInvoice",
    "EInvoiceProblem",
    "Exclude",
    "Park",
    "SingleContact",
    "Trail",
    "Verdict",
    "VoucherLine",
    "contact_name",
    "differences",
    "order_words",
    "remark",
]
