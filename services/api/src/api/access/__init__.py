"""Who may ask: tokens, roles, one transaction per request, and who changed what."""

from api.access.auth import AnyRole, Editor, Operator, Principal, Role, Scope
from api.access.idempotency import Answer, OncePerKey
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
    "Role",
    "Scope",
    "WriteSession",
    "hash_token",
    "new_token",
]
