"""Documents that the books hold twice: what was reported, what a person said of it, and who looks when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, OfTenant
from common.domain.stored_words import SaidOfDouble


class DoubleVoucherRow(Base):
    """One voucher of a double; `subject` is that of the alarm which tells of it.

    A voucher may be told of under several subjects, and by two tenants whose books are the same.
    """

    __tablename__ = "double_vouchers"
    __table_args__ = (Index("ix_double_vouchers_voucher_id", "voucher_id"), {"schema": "books"})

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    voucher_id: Mapped[str] = mapped_column(primary_key=True)
    said: Mapped[SaidOfDouble]
    said_at: Mapped[datetime]


class DuplicateLookRow(OfTenant, Base):
    """When the books of a connection were last looked through for doubles."""

    __tablename__ = "duplicate_looks"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    looked_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]  # by whoever looks, else when it is looked at next
    lease_token: Mapped[UUID | None]


class VoucherMarkerRow(OfTenant, Base):
    """The marker of a voucher that stands for no document of ours, read once per change of the voucher."""

    __tablename__ = "voucher_markers"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    voucher_id: Mapped[str] = mapped_column(primary_key=True)
    marker: Mapped[str | None]
    as_of: Mapped[datetime | None]  # the change it was read after
