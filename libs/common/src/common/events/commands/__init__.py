"""Orders to a service; the sender chooses `command_id`, so the same id again is the same command."""

from common.events.commands.base import Command, DeadLetterCommand
from common.events.commands.dead_letters import DISCARD, REPLAY
from common.events.commands.ingest import (
    DiscardIngestDeadLetter,
    FetchOrder,
    FetchShop,
    ReplayIngestDeadLetter,
)
from common.events.commands.invoice_writer import (
    AcceptEInvoiceDifference,
    AcceptEInvoiceDifferences,
    AdoptMatching,
    AttachFile,
    ConfirmIssueDate,
    DiscardInvoiceWriterDeadLetter,
    DocumentCommand,
    ExcludeDocument,
    IncludeDocument,
    ReleaseCause,
    ReleaseParked,
    RepairDuplicate,
    ReplayInvoiceWriterDeadLetter,
    ResolveDocument,
    RetryDocument,
    SeeAlarm,
)
from common.events.commands.transit_writer import (
    DiscardTransitWriterDeadLetter,
    ReplayTransitWriterDeadLetter,
)

__all__ = [
    "DISCARD",
    "REPLAY",
    "AcceptEInvoiceDifference",
    "AcceptEInvoiceDifferences",
    "AdoptMatching",
    "AttachFile",
    "Command",
    "ConfirmIssueDate",
    "DeadLetterCommand",
    "DiscardIngestDeadLetter",
    "DiscardInvoiceWriterDeadLetter",
    "DiscardTransitWriterDeadLetter",
    "DocumentCommand",
    "ExcludeDocument",
    "FetchOrder",
    "FetchShop",
    "IncludeDocument",
    "ReleaseCause",
    "ReleaseParked",
    "RepairDuplicate",
    "ReplayIngestDeadLetter",
    "ReplayInvoiceWriterDeadLetter",
    "ReplayTransitWriterDeadLetter",
    "ResolveDocument",
    "RetryDocument",
    "SeeAlarm",
]
