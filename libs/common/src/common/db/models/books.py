"""The facts of the invoice writer: outcomes, their history, the books' profile and voucher index."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, CreatedAt, MinorUnits, OfTenant, big_id
from common.domain.documents import DocumentType
from common.domain.stored_words import BoundHow, ContactKind, ContactState, DocumentStatus, FileState

WAITS = text("waits_until IS NOT NULL")
UNREADABLE = text("reason = 'books_unreadable'")
IS_NEWS = text("is_news IS NOT NULL")
HAS_VOUCHER = text("voucher_id IS NOT NULL")
HAS_NO_TURN = text("event_id IS NULL")
IS_IN_LINE = text("event_id IS NOT NULL")


class OutcomeRow(OfTenant, Base):
    """Where one document stands: booked, parked, excluded or waiting; with the event it was decided from."""

    __tablename__ = "outcomes"
    __table_args__ = (
        Index("ix_outcomes_status", "tenant_id", "status", "reason"),
        Index("ix_outcomes_order", "connection_id", "order_id"),
        Index("ix_outcomes_waits", "waits_until", postgresql_where=WAITS, sqlite_where=WAITS),
        Index("ix_outcomes_voucher", "voucher_id", postgresql_where=HAS_VOUCHER, sqlite_where=HAS_VOUCHER),
        Index(
            "ix_outcomes_books_unreadable",
            "first_seen_at",
            "document_id",
            postgresql_where=UNREADABLE,
            sqlite_where=UNREADABLE,
        ),
        {"schema": "books"},
    )

    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID]
    order_id: Mapped[str]
    type: Mapped[DocumentType]
    number: Mapped[str]
    issued_on: Mapped[date | None]
    gross_minor: Mapped[MinorUnits | None]
    status: Mapped[DocumentStatus]
    reason: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rules: Mapped[list[Any]] = mapped_column(default=list)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decision: Mapped[dict[str, Any] | None]
    settings_version_id: Mapped[UUID | None]
    voucher_id: Mapped[str | None]
    how: Mapped[BoundHow | None]
    pdf_sha256: Mapped[str | None]  # what the shop delivered
    pdf_size: Mapped[int | None]
    file_status: Mapped[FileState]
    file_id: Mapped[str | None]
    file_note: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1)
    queued_revision: Mapped[int | None]  # the revision that was put back in line by itself
    event: Mapped[bytes | None] = mapped_column(LargeBinary)
    event_type: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    waits_until: Mapped[datetime | None]


class ReleasedDocumentRow(OfTenant, Base):
    """A document to be decided again: it waits for its portion, or is in line with it (`event_id`)."""

    __tablename__ = "released_documents"
    __table_args__ = (
        Index(
            "uq_released_documents_waiting",
            "document_id",
            unique=True,
            postgresql_where=HAS_NO_TURN,
            sqlite_where=HAS_NO_TURN,
        ),
        Index(
            "ix_released_documents_turn",
            "tenant_id",
            "first_seen_at",
            "document_id",
            postgresql_where=HAS_NO_TURN,
            sqlite_where=HAS_NO_TURN,
        ),
        Index(
            "ix_released_documents_in_line",
            "tenant_id",
            postgresql_where=IS_IN_LINE,
            sqlite_where=IS_IN_LINE,
        ),
        Index("ix_released_documents_document", "document_id"),
        {"schema": "books"},
    )

    release_id: Mapped[int] = big_id()
    document_id: Mapped[UUID]
    status: Mapped[DocumentStatus]  # as it stood then; one that stands otherwise by now is decided already
    reason: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    is_few: Mapped[bool]  # released with no more than a few others
    asked_by: Mapped[UUID | None]  # the command of the person who wants another try
    voucher_id: Mapped[str | None]  # that is to stand for it, if equal
    event_id: Mapped[UUID | None]  # the message in the inbox
    released_at: Mapped[datetime]


class ReleasePortionRow(Base):
    """The portion of released documents a merchant has in line: since when, and how many went into it."""

    __tablename__ = "release_portions"
    __table_args__ = ({"schema": "books"},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    size: Mapped[int]


class TimelineRow(CreatedAt, OfTenant, Base):
    """What happened to a document, in order; append-only."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_document", "document_id", "entry_id"), {"schema": "books"})

    entry_id: Mapped[int] = big_id()
    document_id: Mapped[UUID]
    what: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class BooksProfileRow(OfTenant, Base):
    """The profile and posting categories of an organization as last read."""

    __tablename__ = "books_profiles"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    profile: Mapped[dict[str, Any]]
    categories: Mapped[list[Any]]
    fetched_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]  # when a reading last differed from the one before


class VoucherIndexRow(OfTenant, Base):
    """One row of the voucherlist, kept to find what a predecessor booked."""

    __tablename__ = "voucher_index"
    __table_args__ = (
        Index("ix_voucher_index_number", "connection_id", "number"),
        Index("ix_voucher_index_news", "voucher_id", postgresql_where=IS_NEWS, sqlite_where=IS_NEWS),
        {"schema": "books"},
    )

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    voucher_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]  # empty where the list does not say it in a way we can read, like the two below
    status: Mapped[str]
    number: Mapped[str]
    voucher_on: Mapped[date | None]  # an unchecked voucher may have none, and no total either
    gross_minor: Mapped[MinorUnits | None]
    contact_id: Mapped[str | None]
    first_contact: Mapped[str | None]  # the first one seen; empty is the collective one
    updated_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # when a page or a look by id showed it last
    missing_since: Mapped[datetime | None]  # a look by id did not find it
    gone_at: Mapped[datetime | None]  # two looks did not
    is_news: Mapped[bool | None]  # changed, and not yet compared with the document it stands for


class VoucherIndexStateRow(OfTenant, Base):
    """How far the index reaches: filled since a date, complete up to a moment but for what is `unread`.

    `plan` is the reading under way; `unread` holds parts of the list that are longer than it shows.
    """

    __tablename__ = "voucher_index_state"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    filled_from: Mapped[date | None]
    refreshed_at: Mapped[datetime | None]
    plan: Mapped[dict[str, Any] | None]
    unread: Mapped[list[Any] | None]
    unread_changed_at: Mapped[datetime | None]
    whole_at: Mapped[datetime | None]  # when the last reading of everything began
    whole_plan: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime | None]  # this and the next four: as the first release kept a reading
    reading_from: Mapped[date | None]
    window_from: Mapped[date | None]
    window_to: Mapped[date | None]
    next_page: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]  # who reads at the moment


class BooksReadingRow(OfTenant, Base):
    """How the readings of one list of the books go; `unfit` are the rows that could not be read, by id."""

    __tablename__ = "books_readings"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    list: Mapped[str] = mapped_column(primary_key=True)  # vouchers | contacts | profile | categories | …
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    failing_since: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    unfit: Mapped[dict[str, Any]] = mapped_column(default=dict)


class EInvoiceAcceptanceRow(CreatedAt, OfTenant, Base):
    """A person accepted that an e-invoice differs from the voucher, in exactly this; append-only."""

    __tablename__ = "einvoice_acceptances"
    __table_args__ = {"schema": "books"}

    acceptance_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(index=False)
    document_id: Mapped[UUID] = mapped_column(index=True)
    xml_sha256: Mapped[str]
    differences: Mapped[dict[str, Any]]
    because: Mapped[str]


class ContactIndexRow(OfTenant, Base):
    """One customer record of the books, with what we last wrote into it if we did."""

    __tablename__ = "contact_index"
    __table_args__ = (Index("ix_contact_index_identity", "connection_id", "identity"), {"schema": "books"})

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ContactKind]
    number: Mapped[int | None]  # the books' customer number
    vat_id: Mapped[str | None]
    tax_free: Mapped[bool] = mapped_column(default=False)
    name_print: Mapped[str | None]  # what two spellings of a name or an address have in common
    last_name_print: Mapped[str | None]
    address_print: Mapped[str | None]
    state: Mapped[ContactState] = mapped_column(default=ContactState.ACTIVE)
    identity: Mapped[str | None]  # the customer we made it for
    fingerprint: Mapped[str | None]  # of what we last wrote
    compared: Mapped[str | None]  # of what we last wanted to write
    as_of: Mapped[datetime | None]  # of the document that was written from
    made_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]


class ContactKeyRow(OfTenant, Base):
    """One thing by which a contact is recognised: VAT id, number in a shop, e-mail, name and address."""

    __tablename__ = "contact_keys"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(primary_key=True)


class ContactIndexStateRow(OfTenant, Base):
    """How far the index of contacts was filled, and whether it holds all of them."""

    __tablename__ = "contact_index_state"
    __table_args__ = {"schema": "books"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    complete: Mapped[bool] = mapped_column(default=False)
    filled_at: Mapped[datetime | None]  # when the last whole reading began
    started_at: Mapped[datetime | None]  # the reading under way
    next_page: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]  # who reads at the moment
