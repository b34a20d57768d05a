"""The decision: a document goes through the rules and comes out booked, excluded or parked."""

from common.domain.deciding.decision import decide

__all__ = [
    "decide",
]
