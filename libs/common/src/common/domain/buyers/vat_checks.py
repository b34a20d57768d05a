"""What is known about a VAT id: asked of the authority that keeps it, at a moment, with its own reference."""

from datetime import datetime

from common.domain.documents import Fact
from common.domain.stored_words import VatResult


class VatCheck(Fact):
    """The last answer about one VAT id; `unavailable` means that the authority gave none."""

    vat_id: str
    result: VatResult
    checked_at: datetime
    source: str = "vies"
    request_id: str | None = None
