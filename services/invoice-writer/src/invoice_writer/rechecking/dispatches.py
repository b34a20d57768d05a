"""Tells when goods turn out to have left in another month than their document was booked with."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_moment
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.ingest import OrderRow
from common.domain.alarms import AlarmKind
from common.domain.documents import BERLIN, DocumentType
from common.domain.stored_words import DocumentStatus
from common.domain.taxcases import DOCUMENT
from common.events import registry
from common.events.documents import DocumentIssued
from common.pausing import Seldom
from invoice_writer.outcomes import tell_of_document

LOOK_SECONDS = 600.0
FIRST_LOOK_BACK, LOOK_BACK = (
    7 * 86_400.0,
    3600.0,
)  # what a process that was away missed, and what one look may
DISPATCHED = OrderRow.snapshot["dispatched_at"].as_string()


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The day goods left on, and the one that their booked document took it to be."""

    tenant_id: UUID
    event_type: str
    event: bytes
    voucher_id: str | None
    booked_on: date
    dispatched_on: date

    @classmethod
    def from_row(cls, row: Row[Any]) -> "Dispatch":
        """The dispatch of a row of `sent_since`."""
        dispatched_on = datetime.fromisoformat(row.dispatched_at).astimezone(BERLIN).date()
        booked_on = date.fromisoformat(row.booked_on)
        return cls(row.tenant_id, row.event_type, row.event, row.voucher_id, booked_on, dispatched_on)

    @property
    def is_in_other_month(self) -> bool:
        """Whether another month's turnover has it."""
        dispatched, booked = self.dispatched_on, self.booked_on
        return (dispatched.year, dispatched.month) != (booked.year, booked.month)


class DispatchWatch:
    """Looks every ten minutes at orders that were read again; each document is told of once."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._db, self._looks = db, Seldom(LOOK_SECONDS, clock)
        self._back = FIRST_LOOK_BACK

    async def run_once(self) -> int:
        """Raise what there is to raise. Returns how many documents were looked at, none between two looks."""
        if not self._looks.is_due():
            return 0
        async with self._db.reading.of_all_tenants() as session:
            dispatches = [Dispatch.from_row(row) for row in await session.execute(sent_since(self._back))]
        found = [dispatch for dispatch in dispatches if dispatch.is_in_other_month]
        if found:
            async with self._db.sessions.of_tenants(dispatch.tenant_id for dispatch in found) as session:
                for dispatch in found:
                    await _tell(session, dispatch)
        self._back = LOOK_BACK
        self._looks.done()
        return len(found)


def sent_since(seconds: float) -> Select[Any]:
    """Invoices booked while nobody knew of a dispatch, whose orders know of one now."""
    same_order = and_(
        OrderRow.connection_id == OutcomeRow.connection_id,
        OrderRow.order_id == OutcomeRow.order_id,
        OrderRow.tenant_id == OutcomeRow.tenant_id,
    )
    return (
        select(
            OutcomeRow.tenant_id,
            OutcomeRow.event_type,
            OutcomeRow.event,
            OutcomeRow.voucher_id,
            OutcomeRow.evidence["supplied_on"].as_string().label("booked_on"),
            DISPATCHED.label("dispatched_at"),
        )
        .join(OrderRow, same_order)
        .where(
            OrderRow.seen_at > db_moment(-seconds),
            DISPATCHED.is_not(None),
            OutcomeRow.status == DocumentStatus.BOOKED,
            OutcomeRow.type == DocumentType.INVOICE.value,
            OutcomeRow.evidence["supplied_on_from"].as_string() == DOCUMENT,
            OutcomeRow.event.is_not(None),
        )
    )


async def _tell(session: AsyncSession, dispatch: Dispatch) -> None:
    event = registry.parse(dispatch.event_type, dispatch.event)
    assert isinstance(event, DocumentIssued)
    day, booked_on = dispatch.dispatched_on.isoformat(), dispatch.booked_on.isoformat()
    evidence = {"booked_on": booked_on, "dispatched_on": day, "voucher_id": dispatch.voucher_id}
    await tell_of_document(session, event, AlarmKind.DISPATCHED_IN_OTHER_MONTH, day, evidence)
