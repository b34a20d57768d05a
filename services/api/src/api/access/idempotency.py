"""The same `Idempotency-Key` again answers with the first result and does nothing."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.auth import AnyRole
from api.problems import (
    IdempotencyKeyReused,
)
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.core import IdempotencyRow

REPLAYED = "Idempotency-Replayed"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer(Generic[M]):
    """What a request did; `kept` is what a repeat is told where that must differ."""

    status: int
    body: M
    kept: M | None = None


class IdempotentRequest:
    """Does a request's work at most once per key and principal; without a key, each time."""

    def __init__(self, response: Response, principal: str, key: str | None, request_hash: str) -> None:
        self._response, self._principal, self._key, self._hash = response, principal, key, request_hash

    async def answer(
        self, session: AsyncSession, model: type[M], work: Callable[[], Awaitable[Answer[M]]]
    ) -> M:
        """Do the work and keep its answer in the same transaction, or give the answer kept before.

        A second request with the key waits for the first one's commit at the key's row.
        """
        if self._key is not None and not await self._claim(session):
            earlier = await self._find(session, model)
            assert earlier is not None
            return earlier
        done = await work()
        if self._key is not None:
            kept = done.kept if done.kept is not None else done.body
            await session.execute(
                update(IdempotencyRow)
                .where(IdempotencyRow.principal == self._principal, IdempotencyRow.key == self._key)
                .values(status=done.status, answer=kept.model_dump(mode="json"))
            )
        self._response.status_code = done.status
        return done.body

    async def earlier(self, db: Database, model: type[M]) -> M | None:
        """Find the answer kept before, for work that must ask the network before its transaction."""
        if self._key is None:
            return None
        async with db.reading.of_nobody() as session:
            return await self._find(session, model)

    async def _claim(self, session: AsyncSession) -> bool:
        statement = insert(session, IdempotencyRow).values(
            principal=self._principal,
            key=self._key,
            request_hash=self._hash,
            status=0,
            answer={},
            created_at=db_now(),
        )
        statement = statement.on_conflict_do_nothing(index_elements=["principal", "key"])
        return await session.scalar(statement.returning(IdempotencyRow.key)) is not None

    async def _find(self, session: AsyncSession, model: type[M]) -> M | None:
        row = await session.scalar(
            select(IdempotencyRow).where(
                IdempotencyRow.principal == self._principal, IdempotencyRow.key == self._key
            )
        )
        if row is None:
            return None
        if row.request_hash != self._hash:
            raise IdempotencyKeyReused
        self._response.status_code = row.status
        self._response.headers[REPLAYED] = "true"
        return model.model_validate(row.answer)


async def _once(
    request: Request,
    response: Response,
    principal: AnyRole,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="Any text of yours; the same key again answers with the first result.",
        ),
    ] = None,
) -> IdempotentRequest:
    line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return IdempotentRequest(
        response, principal.actor, key, hashlib.sha256(line + await request.body()).hexdigest()
    )


OncePerKey = Annotated[IdempotentRequest, Depends(_once)]
