"""Which effect of ours uses which number in an organization's books, over all tenants."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, MinorUnits, OfTenant


class VoucherNumberRow(Base):
    """A number of one organization; who arms a voucher for it changes this row and so waits its turn."""

    __tablename__ = "voucher_numbers"
    __table_args__ = {"schema": "line"}

    organization_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    uses: Mapped[int] = mapped_column(default=1)


class NumberedEffectRow(OfTenant, Base):
    """The document a voucher effect stands for; what the first release did not keep is null."""

    __tablename__ = "numbered_effects"
    __table_args__ = (
        Index("ix_numbered_effects_number", "organization_id", "type", "number"),
        Index("ix_numbered_effects_marker", "marker"),
        {"schema": "line"},
    )

    effect_key: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    type: Mapped[str]
    number: Mapped[str]
    connection_id: Mapped[UUID]
    order_id: Mapped[str | None]
    order_number: Mapped[str | None]
    document_on: Mapped[date | None]
    gross_minor: Mapped[MinorUnits | None]
    marker: Mapped[str]
    despite: Mapped[bool] = mapped_column(default=False)  # a person wants it booked though it is there
