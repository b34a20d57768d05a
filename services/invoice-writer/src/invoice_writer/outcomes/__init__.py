"""Where each document stands, how it got there."""

from invoice_writer.outcomes.alarms import tell_of_document
from invoice_writer.outcomes.by_hand import mark_booked_by_hand
from invoice_writer.outcomes.dead_letters import park_buried, park_dead
from invoice_writer.outcomes.outcome import Outcome
from invoice_writer.outcomes.recording import Booking, record_bookings, record_outcome, update_status
from invoice_writer.outcomes.repository import OutcomeRepository
from invoice_writer.outcomes.rows import find_all
from invoice_writer.outcomes.state import DocumentState

__all__ = [
    "Booking",
    "DocumentState",
    "Outcome",
    "OutcomeRepository",
    "find_all",
    "mark_booked_by_hand",
    "park_buried",
    "park_dead",
    "record_bookings",
    "record_outcome",
    "tell_of_document",
    "update_status",
]
