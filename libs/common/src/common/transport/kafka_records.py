"""Rows as Kafka records and back: the key is the ordering key, the headers are CloudEvents and the trace."""

from uuid import UUID

from aiokafka.structs import ConsumerRecord

from common.domain.cleaning import storable
from common.domain.stored_words import Lane
from common.transport.base import Incoming, Outgoing

PREDECESSOR = "ce_predecessor"
OURS, SUBJECT = "ce_", "ce_subject"
LONGEST_TEXT = 1000


def record_headers(row: Outgoing) -> list[tuple[str, bytes]]:
    """The row's headers as bytes, with the event before it."""
    headers = dict(row.headers)
    if row.predecessor:
        headers[PREDECESSOR] = str(row.predecessor)
    return [(name, value.encode()) for name, value in headers.items()]


def incoming(record: ConsumerRecord) -> Incoming | None:
    """The message in the record; None when it is not one of ours.

    That is one without our headers, a tombstone, and what no table could keep. A key may be as long as it
    likes: what no inbox takes is put aside by whoever keeps the message.
    """
    if record.value is None:
        return None
    try:
        given = {name: _header(name, value) for name, value in record.headers}
        headers = {name: text for name, text in given.items() if text is not None}
        before = headers.pop(PREDECESSOR, None)
        return Incoming(
            event_id=UUID(headers["ce_id"]),
            type=headers["ce_type"],
            tenant_id=UUID(headers["ce_tenantid"]),
            ordering_key=headers.get(SUBJECT) or _text(record.key),
            lane=Lane(headers.get("ce_lane", Lane.LIVE)),
            payload=record.value,
            headers=headers,
            predecessor=UUID(before) if before else None,
        )
    except (KeyError, ValueError, AttributeError):
        return None


def _header(name: str, value: bytes) -> str | None:
    """The header's text; None for what only travels beside an event, as its trace does, and does not fit."""
    is_ours = name.startswith(OURS)
    try:
        text = _text(value)
    except (ValueError, AttributeError):
        if is_ours:
            raise
        return None
    if len(text) <= LONGEST_TEXT or name == SUBJECT:
        return text if storable(name) == name else None
    if is_ours:
        raise ValueError("no text of ours")
    return None


def _text(value: bytes) -> str:
    text = value.decode()
    if storable(text) != text:
        raise ValueError("no text of ours")
    return text
