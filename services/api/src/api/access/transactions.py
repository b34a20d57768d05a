"""One request, one transaction: opened after the token was checked, closed before the answer leaves."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.auth import AnyRole, Principal
from api.deps import DepsOf
from common.db.sessions import Sessions, Transaction
from common.domain.stored_words import Role


def _opened(sessions: Sessions, principal: Principal) -> Transaction:
    """An operator's reach is all tenants, everybody else's their own."""
    if principal.role is Role.OPERATOR:
        return sessions.of_all_tenants()
    return sessions.of_tenants((principal.tenant_id,))


async def _reading(deps: DepsOf, principal: AnyRole) -> AsyncIterator[AsyncSession]:
    async with _opened(deps.db.reading, principal) as session:
        yield session


async def _writing(deps: DepsOf, principal: AnyRole) -> AsyncIterator[AsyncSession]:
    async with _opened(deps.db.sessions, principal) as session:
        yield session


# scope "function": a commit that fails becomes the answer instead of following a success
ReadSession = Annotated[AsyncSession, Depends(_reading, scope="function")]
WriteSession = Annotated[AsyncSession, Depends(_writing, scope="function")]
