"""The facts of ingest: cursors, orders, document versions, originals."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, CreatedAt, MinorUnits, OfTenant, big_id
from common.domain.connection_troubles import ConnectionTrouble
from common.domain.documents import DocumentType
from common.domain.stored_words import Lane, PdfState, SweepKind
from common.domain.verdicts import EInvoiceProblem


class ShopCursorRow(OfTenant, Base):
    """How far a shop was read, when it is due again, and who reads it now.

    A window too large for one run goes on as history (from a moment, at a page) while the cursor follows
    fresh changes. A sweep looks at orders once more, whatever the cursor says.
    """

    __tablename__ = "shop_cursors"
    __table_args__ = (Index("ix_shop_cursors_due", "next_poll_at"), {"schema": "ingest"})

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    cursor_at: Mapped[datetime]
    read_from_at: Mapped[datetime]  # what the cursor began with; an earlier start date moves it back
    settings_number: Mapped[int] = mapped_column(default=0)  # of the settings version last applied
    next_poll_at: Mapped[datetime]
    last_poll_at: Mapped[datetime | None]
    last_nightly_at: Mapped[datetime | None]
    last_weekly_at: Mapped[datetime | None]
    history_from_at: Mapped[datetime | None]
    history_page: Mapped[int] = mapped_column(default=1)
    history_total: Mapped[int] = mapped_column(default=0)
    sweep: Mapped[SweepKind | None]
    sweep_started_at: Mapped[datetime | None]
    sweep_position: Mapped[int] = mapped_column(default=0)
    sweep_calls: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]  # set: no run since then read the shop to its end
    first_refused_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    disconnected_at: Mapped[datetime | None]  # set: the shop refuses us, a person must reconnect it
    last_error: Mapped[str | None]
    trouble: Mapped[ConnectionTrouble | None]  # the code of a known cause behind it


class OrderRow(OfTenant, Base):
    """The newest reading of an order; `marker` tells whether a list item is news."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_number", "tenant_id", "order_number"),
        Index("ix_orders_order", "order_id", "connection_id"),  # over all tenants: who else has this order
        Index("ix_orders_seen", "seen_at"),  # over all tenants: what was read again lately
        {"schema": "ingest"},
    )

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(primary_key=True)
    order_number: Mapped[str]
    marker: Mapped[str]
    version: Mapped[int]
    snapshot: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]


class DocumentRow(CreatedAt, OfTenant, Base):
    """A finalised document, known by connection, type and number; `file_state` is how its PDF stands."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("connection_id", "type", "number"),
        Index("ix_documents_list", "tenant_id", "issued_on", "number", "document_id"),
        Index("ix_documents_recent", "issued_on", "number", "document_id"),  # the same list over all tenants
        Index("ix_documents_order", "connection_id", "order_id"),
        Index("ix_documents_number", "tenant_id", "number"),
        Index("ix_documents_file_due", "file_due_at"),
        {"schema": "ingest"},
    )

    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    order_id: Mapped[str]
    order_number: Mapped[str]
    type: Mapped[DocumentType]
    number: Mapped[str]
    issued_on: Mapped[date]
    gross_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    content_hash: Mapped[str]
    conflicted: Mapped[bool] = mapped_column(default=False)
    lane: Mapped[Lane]
    pdf_sha256: Mapped[str | None]
    pdf_size: Mapped[int | None]
    file_state: Mapped[PdfState]
    file_due_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    undelivered_at: Mapped[datetime | None]  # since when the transport refuses its event


class DocumentVersionRow(CreatedAt, OfTenant, Base):
    """What the shop sent for a document, each differing content once; append-only."""

    __tablename__ = "document_versions"
    __table_args__ = (UniqueConstraint("document_id", "content_hash"), {"schema": "ingest"})

    version_id: Mapped[int] = big_id()
    document_id: Mapped[UUID] = mapped_column(index=True)
    content_hash: Mapped[str]
    content: Mapped[dict[str, Any]]
    original_sha256: Mapped[str]


class OriginalRow(CreatedAt, OfTenant, Base):
    """Bytes as the shop gave them, kept by their SHA-256; append-only."""

    __tablename__ = "originals"
    __table_args__ = {"schema": "ingest"}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class EInvoiceRow(CreatedAt, OfTenant, Base):
    """Which original is the e-invoice found inside which PDF; append-only."""

    __tablename__ = "einvoices"
    __table_args__ = {"schema": "ingest"}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    pdf_sha256: Mapped[str] = mapped_column(primary_key=True)
    xml_sha256: Mapped[str]


class EInvoiceProblemRow(CreatedAt, OfTenant, Base):
    """Why the e-invoice inside a PDF, if there is one, could not be taken out; append-only."""

    __tablename__ = "einvoice_problems"
    __table_args__ = {"schema": "ingest"}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    pdf_sha256: Mapped[str] = mapped_column(primary_key=True)
    problem: Mapped[EInvoiceProblem]
