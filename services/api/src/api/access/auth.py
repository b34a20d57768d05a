"""Who asks: bearer tokens, roles, and the tenant every query is limited to."""

import hmac
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from api.access.tokens import hash_token
from api.deps import Deps, get_deps
from api.problems import (
    Forbidden,
    NotFound,
    Unauthenticated,
)
from common.db.models.core import ApiTokenRow
from common.domain.stored_words import Role

BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="sbk_<id>_<secret>",
    description="An API token, or the operator's admin token.",
)
ROLES, EDITORS = frozenset(Role), frozenset({Role.OPERATOR, Role.MERCHANT})
CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant a query is limited to; None is every tenant and only ever given to operators."""

    tenant_id: UUID | None

    def limits(self, *columns: InstrumentedAttribute[Any]) -> tuple[ColumnElement[bool], ...]:
        """Conditions that keep each column's rows inside the scope."""
        return () if self.tenant_id is None else tuple(column == self.tenant_id for column in columns)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, by which token."""

    actor: str
    role: Role
    tenant_id: UUID | None

    def scope(self, tenant_id: UUID | None = None) -> Scope:
        """What may be seen; raises `Forbidden` for a tenant that is not the principal's."""
        if self.role is Role.OPERATOR:
            return Scope(tenant_id)
        if self.tenant_id is None or tenant_id not in {None, self.tenant_id}:
            raise Forbidden("The token belongs to another tenant.")
        return Scope(self.tenant_id)

    def own(self, tenant_id: UUID) -> Scope:
        """The tenant in an address; raises `NotFound` when it is not the principal's."""
        if self.role is not Role.OPERATOR and tenant_id != self.tenant_id:
            raise NotFound
        return Scope(tenant_id)


async def authenticate(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    deps: Annotated[Deps, Depends(get_deps)],
) -> Principal:
    """Find the principal behind the bearer token; raises `Unauthenticated`."""
    if credentials is None:
        raise Unauthenticated(headers=CHALLENGE)
    presented = hash_token(SecretStr(credentials.credentials))
    if deps.admin_hash is not None and hmac.compare_digest(presented, deps.admin_hash):
        return Principal("admin", Role.OPERATOR, None)
    async with deps.db.reading.of_all_tenants() as session:
        row = await session.scalar(
            select(ApiTokenRow).where(ApiTokenRow.token_hash == presented, ApiTokenRow.revoked_at.is_(None))
        )
    is_ours = row is not None and hmac.compare_digest(presented, row.token_hash)
    if row is None or not is_ours or row.role not in ROLES:  # one of a newer release may do nothing here
        raise Unauthenticated(headers=CHALLENGE | {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    structlog.contextvars.bind_contextvars(tenant_id=str(row.tenant_id) if row.tenant_id else None)
    return Principal(f"token:{row.token_id}", row.role, row.tenant_id)


AnyRole = Annotated[Principal, Depends(authenticate)]


def _editor(principal: AnyRole) -> Principal:
    if principal.role not in EDITORS:
        raise Forbidden("An adviser only looks.")
    return principal


def _operator(principal: AnyRole) -> Principal:
    if principal.role is not Role.OPERATOR:
        raise Forbidden("Only an operator may do this.")
    return principal


Editor = Annotated[Principal, Depends(_editor)]
Operator = Annotated[Principal, Depends(_operator)]
