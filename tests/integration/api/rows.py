"""Rows as the other services write them, without running those services."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from common.domain.documents import DocumentType, OrderSnapshot, document_id

TWINS = ("00000000-0000-4000-8000-00000000f001", "00000000-0000-4000-8000-00000000f002")
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def document_row(tenant_id: UUID, connection_id: UUID, number: str, **more: Any) -> dict[str, Any]:
    """A document as ingest stores it."""
    content = str(more.pop("file", "")).encode()
    kind = more.pop("type", "invoice")
    return {
        "document_id": document_id(connection_id, DocumentType(kind), number),
        "tenant_id": tenant_id,
        "connection_id": connection_id,
        "order_id": f"id-{number}",
        "order_number": f"Order-{number}",
        "type": kind,
        "number": number,
        "issued_on": date(2026, 3, 1),
        "gross_minor": 6750,
        "currency": "EUR",
        "content_hash": "first",
        "lane": "live",
        "pdf_sha256": hashlib.sha256(content).hexdigest() if content else None,
        "pdf_size": len(content) or None,
        "file_state": "stored" if content else "pending",
        "seen_at": NOW,
        "created_at": NOW,
        **more,
    }


def outcome_row(document: dict[str, Any], status: str, **more: Any) -> dict[str, Any]:
    """An outcome as the invoice writer records it."""
    shared = (
        "document_id",
        "tenant_id",
        "connection_id",
        "order_id",
        "type",
        "number",
        "issued_on",
        "gross_minor",
    )
    return {
        **{name: document[name] for name in shared},
        "status": status,
        "file_status": "pending",
        "event": b"{}",
        "event_type": "shop.invoice.issued.v1",
        "first_seen_at": NOW,
        "changed_at": NOW + timedelta(minutes=1),
        **more,
    }


def vat_check_of(name: str) -> dict[str, Any]:
    """What a decision keeps of the check of a buyer's VAT id."""
    return {
        "vat_id": "ATU13585627",
        "result": "valid",
        "checked_at": NOW.isoformat(),
        "source": "vies",
        "request_id": f"WAPI-{name}",
    }


def vat_answer_row(tenant_id: UUID, name: str, **more: Any) -> dict[str, Any]:
    """The authority's answer behind that check, kept a moment later."""
    proof = more.pop("proof", orjson.dumps({"valid": True, "requestIdentifier": f"WAPI-{name}"}))
    return {
        "tenant_id": tenant_id,
        "vat_id": "ATU13585627",
        "asked_by": "DE136695976",
        "result": "valid",
        "source": "vies",
        "request_id": f"WAPI-{name}",
        "sha256": hashlib.sha256(proof).hexdigest(),
        "proof": proof,
        "created_at": NOW + timedelta(milliseconds=1),
        **more,
    }


def attempt_row(tenant_id: UUID, effect_key: str) -> dict[str, Any]:
    """A refused try of a write."""
    return {
        "tenant_id": tenant_id,
        "effect_key": effect_key,
        "number": 1,
        "state": "refused",
        "armed_at": NOW,
        "payload_hash": "x",
        "marker": "#0123456789abcdef",
        "decision": {},
        "searches": [{"at": NOW.isoformat(), "found": 0}],
        "answer": {"status": 406},
        "closed_at": NOW,
    }


def dead_letter_row(tenant_id: UUID, dead_letter_id: UUID, name: str) -> dict[str, Any]:
    """A dead letter of the invoice writer."""
    return {
        "dead_letter_id": dead_letter_id,
        "tenant_id": tenant_id,
        "consumer": "invoice-writer",
        "inbox_id": 1,
        "event_id": uuid4(),
        "type": "shop.invoice.issued.v1",
        "ordering_key": f"key of {name}",
        "error": f"KeyError at {name}",
        "attempts": 12,
        "created_at": NOW,
    }


def timeline_row(tenant_id: UUID, identity: UUID) -> dict[str, Any]:
    """The moment a document was parked."""
    return {
        "tenant_id": tenant_id,
        "document_id": identity,
        "what": "parked",
        "details": {"reason": "number_taken_in_books"},
        "created_at": NOW,
    }


def version_row(tenant_id: UUID, identity: UUID, digest: str, name: str) -> dict[str, Any]:
    """What ingest read of a document at one time."""
    return {
        "tenant_id": tenant_id,
        "document_id": identity,
        "content_hash": digest,
        "content": {"name": name},
        "original_sha256": "0" * 64,
        "created_at": NOW,
    }


def order_row(tenant_id: UUID, shop_id: UUID, number: str, name: str) -> dict[str, Any]:
    """The order of a document."""
    snapshot = OrderSnapshot(
        order_id=f"id-{number}", order_number=f"Order-{name}", customer_number=f"Customer-{name}"
    )
    return {
        "tenant_id": tenant_id,
        "connection_id": shop_id,
        "order_id": f"id-{number}",
        "order_number": f"Order-{name}",
        "marker": "x",
        "version": 1,
        "snapshot": snapshot.model_dump(mode="json"),
        "seen_at": NOW,
    }


def cursor_row(tenant_id: UUID, shop_id: UUID, name: str) -> dict[str, Any]:
    """How far a shop was polled, and what went wrong last."""
    return {
        "tenant_id": tenant_id,
        "connection_id": shop_id,
        "cursor_at": NOW,
        "read_from_at": NOW,
        "next_poll_at": NOW,
        "last_poll_at": NOW,
        "last_error": f"error of {name}",
    }


def alarm_row(tenant_id: UUID, name: str) -> dict[str, Any]:
    """An alarm nobody closed yet."""
    return {
        "tenant_id": tenant_id,
        "kind": "duplicate",
        "subject": f"about {name}",
        "evidence": {"vouchers": list(TWINS)},
        "created_at": NOW,
    }
