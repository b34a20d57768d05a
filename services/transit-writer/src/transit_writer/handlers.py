"""What the transit writer does with each message."""

from collections.abc import Mapping

from common.db.engine import Database
from common.events.base import Event
from common.events.vouchers import DocumentExcluded, DocumentParked, VoucherBooked
from common.inbox.messages import Done, Handler, Message
from transit_writer.vouchers import VoucherRepository


class BooksFactHandler:
    """Keeps the matching base in step with the books."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, message: Message) -> Done:
        """Make the document's row say what this fact says."""
        fact = message.event
        assert isinstance(fact, VoucherBooked | DocumentParked | DocumentExcluded)
        async with self._db.sessions.begin() as session:
            await VoucherRepository(session, fact.tenant_id).record(fact)
        return Done()


def handlers(db: Database) -> Mapping[type[Event], Handler]:
    """Every message the transit writer understands."""
    record = BooksFactHandler(db)
    return {VoucherBooked: record, DocumentParked: record, DocumentExcluded: record}
