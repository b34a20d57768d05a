"""VAT ids of a merchant's customers: what is known about each, and every answer ever given."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, CreatedAt, OfTenant, big_id
from common.domain.stored_words import VatResult

TO_ASK = text("next_try_at IS NOT NULL")


class VatCheckRow(Base):
    """One VAT id: the newest answer, and when it is asked about again (never while `next_try_at` is null)."""

    __tablename__ = "vat_checks"
    __table_args__ = (
        Index("ix_vat_checks_due", "next_try_at", postgresql_where=TO_ASK, sqlite_where=TO_ASK),
        {"schema": "books"},
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    vat_id: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[VatResult | None]  # null while no answer ever came
    source: Mapped[str | None]
    request_id: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    requested_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]  # who asks at the moment
    tries: Mapped[int] = mapped_column(default=0)  # since it was requested
    tried_at: Mapped[datetime | None]
    trouble: Mapped[str | None]  # why the last try brought no answer


class VatAnswerRow(CreatedAt, OfTenant, Base):
    """One answer of the authority as it was given, the proof of a check; append-only."""

    __tablename__ = "vat_answers"
    __table_args__ = (Index("ix_vat_answers_id", "tenant_id", "vat_id"), {"schema": "books"})

    answer_id: Mapped[int] = big_id()
    vat_id: Mapped[str]
    asked_by: Mapped[str | None]
    result: Mapped[VatResult]
    source: Mapped[str]
    request_id: Mapped[str | None]
    sha256: Mapped[str]
    proof: Mapped[bytes] = mapped_column(LargeBinary)
