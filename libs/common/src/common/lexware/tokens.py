"""Token pairs in the database: one refresh at a time, its intent recorded first, stored by generation.

A refresh token works once. Whoever refreshes holds a lease, so that two never spend the same token; the
answer is stored by comparing the generation, not the lease, so that a late but good one is not thrown away.
A crash between answer and store loses the pair: the next one in line finds the unfinished intent, waits until
no answer can still be on its way, and asks with the old access token whether it still works.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.effects import OAuthTokenRow
from common.db.secrets import Secrets
from common.domain.alarms import AlarmKind
from common.domain.keys import connection_subject
from common.domain.stored_words import TokenPairState
from common.lexware.oauth import TokenPair

ACCESS, REFRESH = "oauth_access", "oauth_refresh"


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The pair of a connection as it is stored; ages and waits are in seconds by the database's clock."""

    generation: int
    access: SecretStr
    refresh: SecretStr
    state: TokenPairState
    expires_in: float
    refreshed_ago: float | None
    leased_for: float
    intent_age: float | None


class TokenStore:
    """The row of one connection."""

    def __init__(self, db: Database, secrets: Secrets, tenant_id: UUID, connection_id: UUID) -> None:
        self._db, self._secrets = db, secrets.of(tenant_id, connection_id)
        self._tenant_id, self._connection_id = tenant_id, connection_id

    async def load(self) -> StoredTokens | None:
        """Read what is stored now."""
        query = select(OAuthTokenRow, db_now().label("now")).where(*self._mine())
        async with self._db.reading.of(self._tenant_id) as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            return None
        row, now = found
        return StoredTokens(
            generation=row.generation,
            access=self._secrets.open(ACCESS, row.access_sealed),
            refresh=self._secrets.open(REFRESH, row.refresh_sealed),
            state=row.state,
            expires_in=(row.expires_at - now).total_seconds(),
            refreshed_ago=_age(row.refreshed_at, now),
            leased_for=max(-(_age(row.lease_until, now) or 0.0), 0.0),
            intent_age=_age(row.intent_at, now),
        )

    async def claim(self, seen: StoredTokens, lease_seconds: float) -> UUID | None:
        """Record the intent to refresh this generation; None when another one did."""
        token = uuid4()
        free = or_(OAuthTokenRow.lease_until.is_(None), OAuthTokenRow.lease_until <= db_now())
        claiming = (
            update(OAuthTokenRow)
            .where(*self._generation(seen.generation), OAuthTokenRow.state == TokenPairState.VALID, free)
            .values(lease_token=token, lease_until=db_now(lease_seconds), intent_at=db_now())
        )
        return token if await self._changed(claiming) else None

    async def give_up(self, token: UUID, *, pause: float | None = None) -> None:
        """End the intent, since nothing was spent; with a pause nobody tries again for so many seconds."""
        await self._changed(
            update(OAuthTokenRow)
            .where(*self._mine(), OAuthTokenRow.lease_token == token)
            .values(lease_token=None, lease_until=None if pause is None else db_now(pause), intent_at=None)
        )

    async def hand_back(self, token: UUID) -> None:
        """Free the lease but keep the intent: the earlier doubt is still there."""
        await self._changed(
            update(OAuthTokenRow)
            .where(*self._mine(), OAuthTokenRow.lease_token == token)
            .values(lease_token=None, lease_until=None)
        )

    async def store(self, generation: int, pair: TokenPair) -> bool:
        """Replace that generation by the pair, whoever holds the lease; False when another pair has."""
        async with self._db.sessions.of(self._tenant_id) as session:
            values = {**self._sealed(pair), "generation": generation + 1}
            storing = update(OAuthTokenRow).where(*self._generation(generation)).values(**values)
            done = (
                await session.execute(storing.returning(OAuthTokenRow.connection_id))
            ).scalar_one_or_none()
            if done is not None:
                await self._close_alarms(session)
        return done is not None

    async def start(self, session: AsyncSession, pair: TokenPair) -> None:
        """Store the first pair of a connection, or the one of a new consent."""
        values = self._sealed(pair)
        row = insert(session, OAuthTokenRow).values(
            tenant_id=self._tenant_id, connection_id=self._connection_id, generation=1, **values
        )
        await session.execute(
            row.on_conflict_do_update(
                index_elements=["connection_id"],
                set_={**values, "generation": OAuthTokenRow.generation + 1},
                where=OAuthTokenRow.tenant_id == self._tenant_id,
            )
        )
        await self._close_alarms(session)

    async def drop(self, session: AsyncSession) -> None:
        """Forget the pair: the connection is linked in another way."""
        await session.execute(delete(OAuthTokenRow).where(*self._mine()))

    async def lose(self, generation: int, why: str) -> bool:
        """Record that the stored pair is dead and the merchant must connect; False when a newer is there."""
        async with self._db.sessions.of(self._tenant_id) as session:
            losing = (
                update(OAuthTokenRow)
                .where(*self._generation(generation), OAuthTokenRow.state == TokenPairState.VALID)
                .values(state=TokenPairState.RECONNECT_NEEDED, lease_token=None, lease_until=None)
            )
            done = (await session.execute(losing.returning(OAuthTokenRow.connection_id))).scalar_one_or_none()
            if done is not None:
                await self._raise_alarm(
                    session, AlarmKind.RECONNECT_NEEDED, {"generation": generation, "why": why}
                )
        return done is not None

    async def client_accepted(self) -> None:
        """Take note that the authorization server knows our client again, whatever it says of the tokens."""
        async with self._db.sessions.of(self._tenant_id) as session:
            await close_alarms(
                session, AlarmKind.OAUTH_MISCONFIGURED, self._subject, tenant_id=self._tenant_id
            )

    async def alarm(self, kind: AlarmKind, evidence: dict[str, Any]) -> None:
        """Raise an alarm for a person to look, unless the same one is already open."""
        async with self._db.sessions.of(self._tenant_id) as session:
            await self._raise_alarm(session, kind, evidence)

    async def _raise_alarm(self, session: AsyncSession, kind: AlarmKind, evidence: dict[str, Any]) -> None:
        await raise_alarm(session, Alarm(kind, self._subject, evidence, self._tenant_id))

    async def _close_alarms(self, session: AsyncSession) -> None:
        for kind in (AlarmKind.RECONNECT_NEEDED, AlarmKind.OAUTH_MISCONFIGURED):
            await close_alarms(session, kind, self._subject, tenant_id=self._tenant_id)

    @property
    def _subject(self) -> str:
        return connection_subject(self._connection_id)

    def _sealed(self, pair: TokenPair) -> dict[str, Any]:
        return {
            "access_sealed": self._secrets.seal(ACCESS, pair.access),
            "refresh_sealed": self._secrets.seal(REFRESH, pair.refresh),
            "expires_at": db_now(pair.expires_in),
            "refreshed_at": db_now(),
            "lease_token": None,
            "lease_until": None,
            "intent_at": None,
            "state": TokenPairState.VALID,
        }

    def _mine(self) -> Sequence[ColumnElement[bool]]:
        return (
            OAuthTokenRow.connection_id == self._connection_id,
            OAuthTokenRow.tenant_id == self._tenant_id,
        )

    def _generation(self, generation: int) -> Sequence[ColumnElement[bool]]:
        return (*self._mine(), OAuthTokenRow.generation == generation)

    async def _changed(self, statement: Any) -> bool:
        async with self._db.sessions.of(self._tenant_id) as session:
            result = await session.execute(statement.returning(OAuthTokenRow.connection_id))
            return result.scalar_one_or_none() is not None


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else (now - moment).total_seconds()
