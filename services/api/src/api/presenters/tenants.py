"""Tenants, their tokens and who changed what, as they are shown."""

from api.schemas.tenants import AuditRead, TenantRead, TokenRead
from common.db.models.core import ApiTokenRow, AuditRow, TenantRow


def tenant_read(row: TenantRow) -> TenantRead:
    """The tenant."""
    return TenantRead(id=row.tenant_id, name=row.name, created_at=row.created_at)


def token_read(row: ApiTokenRow) -> TokenRead:
    """The token without its secret."""
    return TokenRead(
        id=row.token_id,
        tenant_id=row.tenant_id,
        role=row.role,
        name=row.name,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def audit_read(row: AuditRow) -> AuditRead:
    """One entry of the audit log."""
    return AuditRead(
        id=row.audit_id,
        tenant_id=row.tenant_id,
        actor=row.actor,
        action=row.action,
        details=row.details,
        at=row.created_at,
    )
