"""What is known about a VAT id: asked of the authority that keeps it, at a moment, with its own reference."""

from datetime import datetime
from typing import Literal

from common.domain.documents import Fact


class VatCheck(Fact):
    """The last answer about one VAT id; `unavailable` means that the authority gave none."""

    vat_id: str
    result: Literal["valid", "invalid", "unavailable"]
    checked_at: datetime
    source: str = "vies"
    request_id: str | None = None
