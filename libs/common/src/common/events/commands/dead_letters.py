"""Which class orders what about a dead letter, by the service that has it."""

from common.events import topics
from common.events.commands.base import DeadLetterCommand
from common.events.commands.ingest import DiscardIngestDeadLetter, ReplayIngestDeadLetter
from common.events.commands.invoice_writer import (
    DiscardInvoiceWriterDeadLetter,
    ReplayInvoiceWriterDeadLetter,
)
from common.events.commands.transit_writer import (
    DiscardTransitWriterDeadLetter,
    ReplayTransitWriterDeadLetter,
)

REPLAY: dict[str, type[DeadLetterCommand]] = {
    topics.INGEST: ReplayIngestDeadLetter,
    topics.INVOICE_WRITER: ReplayInvoiceWriterDeadLetter,
    topics.TRANSIT_WRITER: ReplayTransitWriterDeadLetter,
}
DISCARD: dict[str, type[DeadLetterCommand]] = {
    topics.INGEST: DiscardIngestDeadLetter,
    topics.INVOICE_WRITER: DiscardInvoiceWriterDeadLetter,
    topics.TRANSIT_WRITER: DiscardTransitWriterDeadLetter,
}
