"""What a refusal of the books, at whatever step, means for a document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from common.domain.reasons import DocumentReason
from common.errors import ConnectorError
from common.lexware.errors import (
    AccessDenied,
    BooksNotConnected,
    BooksRefusal,
    ContractProblem,
    ReconnectNeeded,
)

NOT_VISIBLE = "voucher_not_visible"  # a look by id found no voucher, which a late read may say, too
OF_THE_CONNECTION: Mapping[type[ConnectorError], DocumentReason] = MappingProxyType(
    {
        AccessDenied: DocumentReason.CONTRACT_PROBLEM,
        ContractProblem: DocumentReason.CONTRACT_PROBLEM,
        ReconnectNeeded: DocumentReason.RECONNECT_NEEDED,
        BooksNotConnected: DocumentReason.BOOKS_NOT_CONNECTED,
    }
)


def connection_reason(refusal: ConnectorError) -> DocumentReason | None:
    """Why no document of the connection can go on; None when the refusal is about one request only."""
    for kind, reason in OF_THE_CONNECTION.items():
        if isinstance(refusal, kind):
            return reason
    return None


def said_by(refusal: ConnectorError) -> dict[str, Any]:
    """What the books objected to, for the record of the document: issues, or else their own text."""
    if not isinstance(refusal, BooksRefusal):
        return {}
    if refusal.issues or not refusal.text:
        return {"issues": [issue.model_dump(mode="json") for issue in refusal.issues]}
    return {"issues": [], "said": refusal.text}
