"""The facts of the transit writer: the documents that money movements are matched with."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, MinorUnits, OfTenant
from common.domain.documents import DocumentType
from common.domain.stored_words import DocumentStatus


class BookedVoucherRow(OfTenant, Base):
    """What became of a document in the books, with what a payment can be recognised by."""

    __tablename__ = "booked_vouchers"
    __table_args__ = (
        Index("ix_booked_vouchers_order", "tenant_id", "order_number"),
        Index("ix_booked_vouchers_transaction", "tenant_id", "transaction_id"),
        Index("ix_booked_vouchers_amount", "tenant_id", "gross_minor", "issued_on"),
        {"schema": "transit"},
    )

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[DocumentType] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    order_number: Mapped[str]
    organization_id: Mapped[str | None]
    voucher_id: Mapped[str | None]
    issued_on: Mapped[date]
    gross_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    customer_number: Mapped[str | None]
    provider: Mapped[str | None]
    method_id: Mapped[str | None]
    transaction_id: Mapped[str | None]
    due_on: Mapped[date | None]
    payer: Mapped[dict[str, Any] | None]  # hashes of names and e-mail addresses, by kind
    state: Mapped[DocumentStatus]  # never waiting
    note: Mapped[str | None]  # the reason it is parked, or the rule that left it out
    recorded_at: Mapped[datetime]
