"""Where each document stands, how it got there."""

from invoice_writer.outcomes.alarms import tell_of_document
from invoice_writer.outcomes.by_hand import leave_to_hand
from invoice_writer.outcomes.dead import park_buried, park_dead
from invoice_writer.outcomes.recording import Booking, record_bookings, record_outcome, record_standing
from invoice_writer.outcomes.repository import OutcomeRepository
from invoice_writer.outcomes.rows import find_all
from invoice_writer.outcomes.standing import (
    ATTACHED,
    BOOKED,
    EXCLUDED,
    MISSING,
    NOT_WANTED,
    PARKED,
    PENDING,
    REFUSED,
    WAITING,
    Outcome,
)
from invoice_writer.outcomes.state import DocumentState

__all__ = [
    "ATTACHED",
    "BOOKED",
    "EXCLUDED",
    "MISSING",
    "NOT_WANTED",
    "PARKED",
    "PENDING",
    "REFUSED",
    "WAITING",
    "Booking",
    "DocumentState",
    "Outcome",
    "OutcomeRepository",
    "find_all",
    "leave_to_hand",
    "park_buried",
    "park_dead",
    "record_bookings",
    "record_outcome",
    "record_standing",
    "tell_of_document",
]
