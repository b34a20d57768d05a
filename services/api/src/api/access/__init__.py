"""Who may ask: tokens, roles, one transaction per request, and who changed what."""

from api.access.auth import AnyRole, Editor, Operator, Principal, Scope
from api.access.idempotency import Answer, OncePerKey
from api.access.scoped import get_connection, get_tenant, lock_connection, lock_tenant
from api.access.tokens import hash_token, new_token
from api.access.transactions import ReadSession, WriteSession

__all__ = [
    "Answer",
    "AnyRole",
    "Editor",
    "OncePerKey",
    "Operator",
    "Principal",
    "ReadSession",
    "Scope",
    "WriteSession",
    "get_connection",
    "get_tenant",
    "hash_token",
    "lock_connection",
    "lock_tenant",
    "new_token",
]
