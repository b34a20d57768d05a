"""Type name to class; what happens with an unknown type or a payload that does not fit."""

from pydantic import ValidationError

from common.errors import InvalidMessageError
from common.events import commands, documents, orders, vouchers
from common.events.base import Event

EVENT_CLASSES: tuple[type[Event], ...] = (
    orders.OrderSeen,
    orders.OrderChanged,
    documents.InvoiceIssued,
    documents.CreditNoteIssued,
    documents.DocumentConflicted,
    documents.DocumentFileStored,
    documents.DocumentFileMissed,
    vouchers.VoucherBooked,
    vouchers.DocumentParked,
    vouchers.DocumentExcluded,
    commands.FetchOrder,
    commands.FetchShop,
    commands.RetryDocument,
    commands.ResolveDocument,
    commands.AcceptEInvoiceDifference,
    commands.AcceptEInvoiceDifferences,
    commands.ExcludeDocument,
    commands.IncludeDocument,
    commands.ConfirmIssueDate,
    commands.AttachFile,
    commands.ReleaseParked,
    commands.AdoptMatching,
    commands.SeeAlarm,
    commands.RepairDuplicate,
    *commands.REPLAY.values(),
    *commands.DISCARD.values(),
)
BY_TYPE: dict[str, type[Event]] = {event_class.type: event_class for event_class in EVENT_CLASSES}


class MalformedEvent(InvalidMessageError):
    """A known event type came with a payload that is none."""

    code = "event.malformed"

    def __init__(self, event_type: str, problems: int) -> None:
        super().__init__(f"{event_type}: {problems} fields do not fit")


def is_known(event_type: str) -> bool:
    """Whether this release can read the type; unknown ones are counted as ignored."""
    return event_type in BY_TYPE


def parse(event_type: str, payload: bytes) -> Event:
    """Read the event in a payload; raises `MalformedEvent` (values stay out of the message)."""
    try:
        return BY_TYPE[event_type].model_validate_json(payload)
    except ValidationError as error:
        raise MalformedEvent(event_type, error.error_count()) from None
