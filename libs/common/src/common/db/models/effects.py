"""Guarded writes: attempts, bindings, rate buckets, OAuth token pairs, tenants' own secrets."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.db.models.base import Base, CreatedAt, OfTenant
from common.domain.stored_words import AttemptState, BoundHow, BreakerState, RefusedBy, TokenPairState

ATTEMPT_OPEN = text("state = 'open'")


class AttemptRow(OfTenant, Base):
    """One try of an external write; at most one per effect is open, and it is the lock."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("effect_key", "number"),
        Index(
            "uq_attempts_open",
            "effect_key",
            unique=True,
            postgresql_where=ATTEMPT_OPEN,
            sqlite_where=ATTEMPT_OPEN,
        ),
        {"schema": "line"},
    )

    attempt_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    effect_key: Mapped[str]
    number: Mapped[int]
    state: Mapped[AttemptState]
    armed_at: Mapped[datetime]
    payload_hash: Mapped[str]
    marker: Mapped[str]
    decision: Mapped[dict[str, Any]]
    searches: Mapped[list[Any]] = mapped_column(default=list)  # looks at the other side: moments, results
    external_id: Mapped[str | None]
    answer: Mapped[dict[str, Any] | None]
    closed_at: Mapped[datetime | None]


class BindingRow(OfTenant, Base):
    """The one external object that stands for a business fact."""

    __tablename__ = "bindings"
    __table_args__ = (Index("ix_bindings_external_id", "external_id"), {"schema": "line"})

    effect_key: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str]
    attempt_id: Mapped[UUID | None]
    how: Mapped[BoundHow]
    bound_at: Mapped[datetime]


class AlarmRow(CreatedAt, Base):
    """Something a person has to look at, with the evidence; without a tenant it is the operators'.

    `open_key` names kind and subject while the alarm is open, so that the same is open once.
    """

    __tablename__ = "alarms"
    __table_args__ = {"schema": "line"}

    alarm_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant_id: Mapped[UUID | None] = mapped_column(index=True)
    open_key: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[str]
    subject: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime | None]  # when the cause was last seen, where that is renewed
    closed_at: Mapped[datetime | None]


class RateBucketRow(Base):
    """One token bucket; the state is the moment up to which slots are given away."""

    __tablename__ = "rate_buckets"
    __table_args__ = {"schema": "line"}

    bucket: Mapped[str] = mapped_column(primary_key=True)
    next_free_at: Mapped[datetime]
    blocked_until: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)  # 429 answers in a row


class BreakerRow(OfTenant, Base):
    """Whether one kind of calls may be made to the books of a connection; no row: nothing speaks against.

    `denied_at` says that the books refuse such calls for good.
    """

    __tablename__ = "breakers"
    __table_args__ = {"schema": "line"}

    breaker_id: Mapped[UUID] = mapped_column(primary_key=True)  # made of connection and scope
    connection_id: Mapped[UUID] = mapped_column(index=True)
    scope: Mapped[str]  # the kind of calls, e.g. vouchers.write
    state: Mapped[BreakerState]
    failures: Mapped[int] = mapped_column(default=0)  # calls in a row without an answer of the books
    first_failed_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)  # calls in a row that refused the connection
    first_refused_at: Mapped[datetime | None]
    refused_by: Mapped[RefusedBy | None]
    denied_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]  # then one may try
    last_error: Mapped[str | None]


class TenantSecretRow(CreatedAt, Base):
    """One sealed secret of a tenant itself, made once."""

    __tablename__ = "tenant_secrets"
    __table_args__ = {"schema": "line"}

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]


class OAuthTokenRow(OfTenant, Base):
    """The one token pair of a connection; `generation` grows with every refresh."""

    __tablename__ = "oauth_tokens"
    __table_args__ = {"schema": "line"}

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int]
    access_sealed: Mapped[str]
    refresh_sealed: Mapped[str]
    expires_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    intent_at: Mapped[datetime | None]  # a refresh was begun and its end is not known
    refreshed_at: Mapped[datetime | None]
    state: Mapped[TokenPairState] = mapped_column(default=TokenPairState.VALID)
