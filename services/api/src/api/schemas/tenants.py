"""Tenants, their tokens and their audit log."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Given, Moment, Page, Read
from api.schemas.settings import SettingsValues
from common.domain.stored_words import Role

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class TenantCreate(Given):
    """A merchant to set up."""

    name: Name = Field(examples=["Muster Versand"])
    settings: SettingsValues = Field(
        default=SettingsValues(), description="The first version of the settings."
    )


class TenantRead(Read):
    """A merchant."""

    id: UUID
    name: str
    created_at: Moment


class TenantPage(Page[TenantRead]):
    """A page of tenants, newest first."""


class TokenCreate(Given):
    """A token to make; merchants and advisers belong to a tenant, operators to none."""

    name: Name = Field(examples=["Warehouse dashboard"])
    role: Role
    tenant_id: UUID | None = Field(
        default=None, description="Required from operators for the roles merchant and adviser."
    )


class TokenRead(Read):
    """A token without its secret."""

    id: UUID
    tenant_id: UUID | None
    role: Role
    name: str
    created_at: Moment
    revoked_at: Moment | None


class TokenCreated(TokenRead):
    """A new token; this is the only time it is shown."""

    token: str | None = Field(
        description="The bearer token. Null when the answer is repeated for a known Idempotency-Key."
    )


class TokenPage(Page[TokenRead]):
    """A page of tokens, newest first."""


class AuditRead(Read):
    """One change: who, what, when."""

    id: int
    tenant_id: UUID | None
    actor: str
    action: str = Field(examples=["settings.saved"])
    details: dict[str, object]
    at: Moment


class AuditPage(Page[AuditRead]):
    """A page of the audit log, newest first."""
