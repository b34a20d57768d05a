"""What VIES knows: which ids are in use, which member states are silent, and every question asked."""

import hashlib
from datetime import datetime
from typing import Any

from sandbox.store import Store

STATES = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
))  # fmt: skip
EVERYBODY = "*"  # in place of a member state: VIES as a whole
OUTAGES = (
    "MS_UNAVAILABLE",
    "MS_MAX_CONCURRENT_REQ",
    "SERVICE_UNAVAILABLE",
    "TIMEOUT",
    "GLOBAL_MAX_CONCURRENT_REQ",
)


class Register:
    """The ids and outages of one simulator, kept in its store."""

    def __init__(self, store: Store) -> None:
        self.ids = store.collection("ids")
        self.outages = store.collection("outages")
        self.questions = store.collection("questions")

    def make_known(self, vat_id: str, *, valid: bool, **names: str) -> None:
        """Keep an id, in use or not, with the names that are told of it."""
        defaults = {"name": f"Firma {vat_id}", "address": f"Hauptstrasse 1\n1000 Ort {vat_id[:2]}"}
        self.ids.put(vat_id, {"vatId": vat_id, "valid": valid, **defaults, **names})

    def is_valid(self, vat_id: str) -> bool:
        """Whether the id is in use; one that nobody made known is not."""
        known = self.ids.get(vat_id)
        return known is not None and bool(known["valid"])

    def outage_of(self, state: str) -> str | None:
        """The error code with which a member state is silent by order, or None."""
        for place in (EVERYBODY, state):
            outage = self.outages.get(place)
            if outage is not None:
                return str(outage["error"])
        return None

    def chance_outage(self, vat_id: str, share: float) -> str | None:
        """The error code of this question by chance: the n-th question about an id always fares the same."""
        asked = sum(1 for question in self.questions.values() if question["vatId"] == vat_id)
        digest = hashlib.sha256(f"{vat_id}/{asked}".encode()).digest()
        if int.from_bytes(digest[:4], "big") >= share * 2**32:
            return None
        return OUTAGES[digest[4] % len(OUTAGES)]

    def note(self, vat_id: str, requester: str | None, error: str | None, at: datetime) -> int:
        """Remember a question and how it ended; its running number."""
        number = len(self.questions) + 1
        question: dict[str, Any] = {
            "vatId": vat_id,
            "requester": requester,
            "error": error,
            "at": at.isoformat(),
        }
        self.questions.put(f"{number:08}", question)
        return number
