"""What a voucher of ours is known by: its key, and the marker of that key in its remark; pure."""

import hashlib
import re

from common.domain.cleaning import clean
from common.domain.keys import voucher_key
from common.domain.verdicts import Decision, order_words
from common.effects.numbered import Numbered
from common.events.documents import DocumentIssued

MARKER = re.compile(r"^#[0-9a-f]{16}(?=\s|$)")


def effect_key(organization_id: str, event: DocumentIssued) -> str:
    """The business fact a voucher stands for, as a string."""
    return voucher_key(organization_id, event.connection_id, event.document_type, event.number)


def marker_of(key: str) -> str:
    """The text that stands first in the remark of the voucher for this fact."""
    return "#" + hashlib.sha256(key.encode()).hexdigest()[:16]


def marker_in(remark: str | None) -> str | None:
    """The marker a voucher carries, whichever document's; None when somebody else made it."""
    found = MARKER.match(remark or "")
    return found.group() if found else None


def numbered(organization_id: str, event: DocumentIssued, decision: Decision) -> Numbered:
    """The number the voucher uses in the books, and what tells its document from others that have it."""
    return Numbered(
        organization_id=organization_id,
        type=event.document_type.value,
        number=event.number,
        connection_id=event.connection_id,
        order_id=event.order_id,
        order_number=clean(event.order.order_number) or None,
        document_on=decision.voucher_on,
        gross_minor=decision.gross_total.minor,
    )


def names_order(remark: str | None, order_number: str) -> bool:
    """Whether a voucher of ours, whichever connection's, says that it belongs to an order of this number."""
    words = order_words(order_number)
    if words is None or marker_in(remark) is None:
        return False
    return re.search(rf"(?:^|[ ,]){re.escape(words)}(?:,|$)", remark or "") is not None
