"""What the api writes and everybody reads: tenants, connections, settings, tokens, audit."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, CreatedAt, OfTenant, big_id
from common.domain.stored_words import AuthKind, ConnectionKind, ConnectionState, Role, StateReason

BOOKS_IN_USE = text("kind = 'books' AND state <> 'disabled'")


class TenantRow(CreatedAt, Base):
    """A merchant."""

    __tablename__ = "tenants"
    __table_args__ = {"schema": "core"}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]


class ConnectionRow(CreatedAt, OfTenant, Base):
    """A linked shop or books account; unique per tenant and address, disabled but never deleted."""

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "address"),
        # a tenant has one books connection; others it once had stay as disabled rows
        Index(
            "uq_connections_books_in_use",
            "tenant_id",
            unique=True,
            postgresql_where=BOOKS_IN_USE,
            sqlite_where=BOOKS_IN_USE,
        ),
        # none of these is unique: the same shop may have been linked twice before that was refused
        Index("ix_connections_root", "kind", "root"),
        Index("ix_connections_storefront", "storefront"),
        {"schema": "core"},
    )

    connection_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("core.tenants.tenant_id"), index=True)
    kind: Mapped[ConnectionKind]
    platform: Mapped[str]  # epages | lexware
    name: Mapped[str]
    address: Mapped[str]  # the shop's API root; the books' organization id
    root: Mapped[str | None]  # the address as places are compared; None from a release that knew no roots
    storefront: Mapped[str | None]  # what the shop's answer names, as places are compared
    auth: Mapped[AuthKind] = mapped_column(default=AuthKind.TOKEN)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[ConnectionState] = mapped_column(default=ConnectionState.ACTIVE)
    state_reason: Mapped[StateReason | None]
    verified_at: Mapped[datetime | None]


class ReleaseRow(CreatedAt, OfTenant, Base):
    """An operator took a shop or books from a tenant, so that another may link them; append-only.

    It holds for as long as the connection is disabled with the reason `released`.
    """

    __tablename__ = "releases"
    __table_args__ = {"schema": "core"}

    release_id: Mapped[int] = big_id()
    connection_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[ConnectionKind]
    root: Mapped[str] = mapped_column(index=True)  # the connection's at that time
    actor: Mapped[str]
    reason: Mapped[str]


class SecretRow(CreatedAt, OfTenant, Base):
    """One sealed secret of a connection; the newest version counts."""

    __tablename__ = "secrets"
    __table_args__ = {"schema": "core"}

    connection_id: Mapped[UUID] = mapped_column(
        ForeignKey("core.connections.connection_id"), primary_key=True
    )
    field: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]


class SettingsVersionRow(CreatedAt, OfTenant, Base):
    """One version of a tenant's settings; never changed, the highest number is in force."""

    __tablename__ = "settings_versions"
    __table_args__ = (UniqueConstraint("tenant_id", "number"), {"schema": "core"})

    settings_version_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int]
    values: Mapped[dict[str, Any]]
    author: Mapped[str]
    comment: Mapped[str | None]


class ApiTokenRow(CreatedAt, Base):
    """A bearer token, kept as a hash; without a tenant it is an operator over all tenants."""

    __tablename__ = "api_tokens"
    __table_args__ = {"schema": "core"}

    token_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant_id: Mapped[UUID | None] = mapped_column(index=True)
    role: Mapped[Role]
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    revoked_at: Mapped[datetime | None]


class IdempotencyRow(CreatedAt, Base):
    """The first answer given to a request with this key."""

    __tablename__ = "idempotency_keys"
    __table_args__ = {"schema": "core"}

    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]


class AuditRow(CreatedAt, Base):
    """Who did what; append-only."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_tenant", "tenant_id", "audit_id"), {"schema": "core"})

    audit_id: Mapped[int] = big_id()
    tenant_id: Mapped[UUID | None]
    actor: Mapped[str]
    action: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
