"""What the transit writer does with each message."""

from collections.abc import Sequence

from common.db.engine import Database
from common.events.vouchers import DocumentExcluded, DocumentParked, VoucherBooked
from common.inbox.messages import Done
from common.inbox.routes import Route, on
from transit_writer.vouchers import VoucherRepository


class BooksFactHandler:
    """Keeps the matching base in step with the books."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, fact: VoucherBooked | DocumentParked | DocumentExcluded) -> Done:
        """Make the document's row say what this fact says."""
        async with self._db.sessions.of(fact.tenant_id) as session:
            await VoucherRepository(session, fact.tenant_id).record(fact)
        return Done()


def routes(db: Database) -> Sequence[Route]:
    """Every message the transit writer understands."""
    record = BooksFactHandler(db).record
    return (on(VoucherBooked, record), on(DocumentParked, record), on(DocumentExcluded, record))
