"""Rows as Kafka records and back: the key is the ordering key, the headers are CloudEvents and the trace."""

from uuid import UUID

from aiokafka.structs import ConsumerRecord

from common.domain.cleaning import storable
from common.events.base import Lane
from common.transport.base import Incoming, Outgoing

PREDECESSOR = "ce_predecessor"
LONGEST_TEXT = 1000  # an index over keys has its limits


def record_headers(row: Outgoing) -> list[tuple[str, bytes]]:
    """The row's headers as bytes, with the event before it."""
    headers = dict(row.headers)
    if row.predecessor:
        headers[PREDECESSOR] = str(row.predecessor)
    return [(name, value.encode()) for name, value in headers.items()]


def incoming(record: ConsumerRecord) -> Incoming | None:
    """The message in the record; None when it is not one of ours.

    That is one without our headers, a tombstone, and what no inbox could take: it would come again for ever.
    """
    if record.value is None:
        return None
    try:
        headers = {_text(name): _text(value.decode()) for name, value in record.headers}
        before = headers.pop(PREDECESSOR, None)
        return Incoming(
            event_id=UUID(headers["ce_id"]),
            type=headers["ce_type"],
            tenant_id=UUID(headers["ce_tenantid"]),
            ordering_key=headers.get("ce_subject") or _text(record.key.decode()),
            lane=Lane(headers.get("ce_lane", Lane.LIVE)),
            payload=record.value,
            headers=headers,
            predecessor=UUID(before) if before else None,
        )
    except (KeyError, ValueError, AttributeError):
        return None


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT or storable(text) != text:
        raise ValueError("no text of ours")
    return text
