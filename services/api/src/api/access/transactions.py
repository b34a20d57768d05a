"""One request, one transaction: opened after the token was checked, closed before the answer leaves."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.auth import AnyRole
from api.deps import DepsOf


async def _reading(deps: DepsOf, _: AnyRole) -> AsyncIterator[AsyncSession]:
    async with deps.db.reading.begin() as session:
        yield session


async def _writing(deps: DepsOf, _: AnyRole) -> AsyncIterator[AsyncSession]:
    async with deps.db.sessions.begin() as session:
        yield session


# scope "function": a commit that fails becomes the answer instead of following a success
ReadSession = Annotated[AsyncSession, Depends(_reading, scope="function")]
WriteSession = Annotated[AsyncSession, Depends(_writing, scope="function")]
