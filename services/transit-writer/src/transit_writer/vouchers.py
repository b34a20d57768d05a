"""Records what became of each document, the base that money movements are matched with."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, null
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.transit import BookedVoucherRow
from common.domain.reasons import BOOKED_BY_HAND
from common.domain.stored_words import DocumentStatus
from common.events.vouchers import DocumentExcluded, DocumentParked, VoucherBooked

KEY = ("connection_id", "type", "number")

BooksFact = VoucherBooked | DocumentParked | DocumentExcluded


class VoucherRepository:
    """The documents of one tenant as the books hold them."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id

    async def record(self, fact: BooksFact) -> None:
        """Make the row of the document say what the newest fact says; the same fact twice changes nothing."""
        values = {**_common(fact), **_particular(fact), "tenant_id": self._tenant_id, "recorded_at": db_now()}
        statement = insert(self._session, BookedVoucherRow).values(**values)
        # A fact writes only what it knows: a document parked after it was booked keeps its voucher. One a
        # person had named goes with that word of theirs: it was never announced as booked.
        known = {} if _is_by_hand(fact) else {"voucher_id": _unless_by_hand()}
        changed = known | {name: value for name, value in values.items() if name not in KEY}
        mine = BookedVoucherRow.tenant_id == self._tenant_id
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=list(KEY), set_=changed, where=mine)
        )


def _common(fact: BooksFact) -> dict[str, Any]:
    payment = fact.keys.payment
    return {
        "connection_id": fact.connection_id,
        "type": fact.document_type.value,
        "number": fact.number,
        "order_id": fact.order_id,
        "order_number": fact.keys.order_number,
        "issued_on": fact.issued_on,
        "gross_minor": fact.gross_total.minor,
        "currency": fact.gross_total.currency,
        "customer_number": fact.keys.customer_number,
        "provider": payment.provider if payment else None,
        "method_id": payment.method_id if payment else None,
        "transaction_id": payment.transaction_id if payment else None,
        **_told("due_on", fact.due_on),
        **_told("payer", fact.payer.model_dump(mode="json") if fact.payer else None),
    }


def _particular(fact: BooksFact) -> dict[str, Any]:
    match fact:
        case VoucherBooked():
            return {
                "state": DocumentStatus.BOOKED,
                "organization_id": fact.organization_id,
                "voucher_id": fact.voucher_id,
                "note": None,
            }
        case DocumentParked():
            return {"state": DocumentStatus.PARKED, "note": fact.reason}
        case DocumentExcluded():
            return {
                "state": DocumentStatus.EXCLUDED,
                "note": fact.rule,
                **_told("voucher_id", fact.voucher_id),
            }


def _is_by_hand(fact: BooksFact) -> bool:
    return isinstance(fact, DocumentExcluded) and fact.rule == BOOKED_BY_HAND


def _unless_by_hand() -> ColumnElement[str | None]:
    """The voucher that is known so far, but for one that a person made and named."""
    row = BookedVoucherRow
    is_by_hand = and_(row.state == DocumentStatus.EXCLUDED, row.note == BOOKED_BY_HAND)
    return case((is_by_hand, null()), else_=row.voucher_id)


def _told(column: str, value: Any) -> dict[str, Any]:
    """The column where the fact says something of it: what releases before did not say stays as it is."""
    return {} if value is None else {column: value}
