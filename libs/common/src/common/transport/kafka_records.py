"""Rows as Kafka records and back: the key is the ordering key, the headers are CloudEvents and the trace."""

from uuid import UUID

from aiokafka.structs import ConsumerRecord

from common.events.base import Lane
from common.transport.base import Incoming, Outgoing


def record_headers(row: Outgoing) -> list[tuple[str, bytes]]:
    """The row's headers as bytes."""
    return [(name, value.encode()) for name, value in row.headers.items()]


def incoming(record: ConsumerRecord) -> Incoming | None:
    """The message in the record; None when it is not one of ours (no headers of ours, or a tombstone)."""
    if record.value is None:
        return None
    try:
        headers = {name: value.decode() for name, value in record.headers}
        return Incoming(
            event_id=UUID(headers["ce_id"]),
            type=headers["ce_type"],
            tenant_id=UUID(headers["ce_tenantid"]),
            ordering_key=headers.get("ce_subject") or record.key.decode(),
            lane=Lane(headers.get("ce_lane", Lane.LIVE)),
            payload=record.value,
            headers=headers,
        )
    except (KeyError, ValueError, AttributeError):
        return None
