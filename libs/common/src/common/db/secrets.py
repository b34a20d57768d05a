"""The one place that seals and opens secrets: shop tokens, credentials of the books, what providers bring.

A secret is bound to its tenant, connection if it is of one, and field: copied to another row it opens
nothing. In memory it is a `SecretStr`, so that neither a log line nor a traceback shows it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import ColumnElement, delete, func, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.crypto import KEY_ID_LENGTH, SecretBox, SecretPlace, SecretUnreadable, new_key
from common.db.dialect import db_now, insert
from common.db.models.core import SecretRow
from common.db.models.effects import OAuthTokenRow, TenantSecretRow

__all__ = [
    "ConnectionSecrets",
    "SecretUnreadable",
    "Secrets",
    "StoredSecret",
    "TenantSecrets",
    "new_key",
    "sealed_by_key",
]


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret as it was found; `sealed` differs for each time it was stored, also with the same value."""

    value: SecretStr
    sealed: str


class ConnectionSecrets:
    """The secrets of one connection, by field; every method works inside the caller's transaction."""

    def __init__(self, box: SecretBox, tenant_id: UUID, connection_id: UUID) -> None:
        self._box, self._tenant_id, self._connection_id = box, tenant_id, connection_id

    async def find(self, session: AsyncSession, field: str) -> SecretStr | None:
        """Open a stored secret; None when there is none. Raises `SecretUnreadable`."""
        stored = await self.find_stored(session, field)
        return None if stored is None else stored.value

    async def find_readable(self, session: AsyncSession, field: str) -> SecretStr | None:
        """Open a stored secret; None also when no key of ours opens it."""
        try:
            return await self.find(session, field)
        except SecretUnreadable:
            return None

    async def find_stored(self, session: AsyncSession, field: str) -> StoredSecret | None:
        """Open a stored secret together with what `replace` compares. Raises `SecretUnreadable`."""
        sealed = await session.scalar(select(SecretRow.sealed).where(*self._mine(), SecretRow.field == field))
        return None if sealed is None else StoredSecret(self.open(field, sealed), sealed)

    async def store(self, session: AsyncSession, field: str, value: SecretStr) -> None:
        """Seal the secret and keep it, whatever was there before."""
        adding = insert(session, SecretRow).values(
            connection_id=self._connection_id,
            tenant_id=self._tenant_id,
            field=field,
            sealed=self.seal(field, value),
            created_at=db_now(),
        )
        changed = {"sealed": adding.excluded.sealed, "created_at": adding.excluded.created_at}
        mine = SecretRow.tenant_id == self._tenant_id
        await session.execute(
            adding.on_conflict_do_update(index_elements=["connection_id", "field"], set_=changed, where=mine)
        )

    async def store_only(self, session: AsyncSession, secrets: Mapping[str, SecretStr]) -> None:
        """Keep these secrets and forget all others of the connection."""
        await self.drop(session, besides=secrets)
        for field, value in secrets.items():
            await self.store(session, field, value)

    async def replace(
        self, session: AsyncSession, field: str, before: StoredSecret, value: SecretStr
    ) -> bool:
        """Seal the secret in place of the one found before; False when that is no longer the one stored.

        Two that renew one secret at once do not undo each other: the second finds the first one's.
        """
        replacing = (
            update(SecretRow)
            .where(*self._mine(), SecretRow.field == field, SecretRow.sealed == before.sealed)
            .values(sealed=self.seal(field, value), created_at=db_now())
            .returning(SecretRow.field)
        )
        return (await session.execute(replacing)).scalar_one_or_none() is not None

    async def drop(self, session: AsyncSession, *, besides: Collection[str] = ()) -> None:
        """Forget every secret of the connection but those of the fields named."""
        await session.execute(delete(SecretRow).where(*self._mine(), SecretRow.field.not_in(besides)))

    def seal(self, field: str, value: SecretStr) -> str:
        """Seal a secret for a row that has more to it than the secret, such as a token pair's."""
        return self._box.seal(value, self._place(field))

    def open(self, field: str, sealed: str) -> SecretStr:
        """Open what `seal` gave; raises `SecretUnreadable`."""
        return self._box.open(sealed, self._place(field))

    def _place(self, field: str) -> SecretPlace:
        return SecretPlace(self._tenant_id, self._connection_id, field)

    def _mine(self) -> Sequence[ColumnElement[bool]]:
        return SecretRow.connection_id == self._connection_id, SecretRow.tenant_id == self._tenant_id


class TenantSecrets:
    """The secrets of one tenant itself, by field; every method works inside the caller's transaction."""

    def __init__(self, box: SecretBox, tenant_id: UUID) -> None:
        self._box, self._tenant_id = box, tenant_id

    async def find(self, session: AsyncSession, field: str) -> SecretStr | None:
        """Open a stored secret; None when there is none. Raises `SecretUnreadable`."""
        query = select(TenantSecretRow.sealed).where(
            TenantSecretRow.tenant_id == self._tenant_id, TenantSecretRow.field == field
        )
        sealed = await session.scalar(query)
        return None if sealed is None else self._box.open(sealed, self._place(field))

    async def make_once(self, session: AsyncSession, field: str, value: SecretStr) -> SecretStr:
        """Seal the secret and keep it unless one is there. Returns the one that is kept.

        Of two that make one at once the second waits for the first and finds the first one's.
        Raises `SecretUnreadable`.
        """
        row = insert(session, TenantSecretRow).values(
            tenant_id=self._tenant_id,
            field=field,
            sealed=self._box.seal(value, self._place(field)),
            created_at=db_now(),
        )
        await session.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "field"]))
        kept = await self.find(session, field)
        assert kept is not None
        return kept

    def _place(self, field: str) -> SecretPlace:
        return SecretPlace(self._tenant_id, None, field)


class Secrets:
    """The secrets of tenants and of their connections under the keys of this process, the newest first."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._box = SecretBox(keys)

    def of(self, tenant_id: UUID, connection_id: UUID) -> ConnectionSecrets:
        """Name the connection whose secrets are meant."""
        return ConnectionSecrets(self._box, tenant_id, connection_id)

    def of_tenant(self, tenant_id: UUID) -> TenantSecrets:
        """Name the tenant whose own secrets are meant."""
        return TenantSecrets(self._box, tenant_id)

    async def find_none(self, session: AsyncSession, field: str) -> None:
        """Work as long as for a secret that exists, for callers who must not show that there is none."""
        nobody = self.of(uuid4(), uuid4())
        await nobody.find(session, field)
        nobody.open(field, nobody.seal(field, SecretStr(field)))

    def share_out(self, counts: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
        """Divide counts by key into those of keys this process has, and those of keys it lacks."""
        known = {key_id: count for key_id, count in counts.items() if self._box.knows(key_id)}
        return known, {key_id: count for key_id, count in counts.items() if key_id not in known}


async def sealed_by_key(session: AsyncSession) -> dict[str, int]:
    """Count the stored secrets that each key sealed, by the key's id."""
    of_connections = (SecretRow.sealed, OAuthTokenRow.access_sealed, OAuthTokenRow.refresh_sealed)
    columns = (*of_connections, TenantSecretRow.sealed)
    ids = union_all(
        *(select(func.substr(one, 1, KEY_ID_LENGTH).label("key_id")) for one in columns)
    ).subquery()
    counting = select(ids.c.key_id, func.count()).group_by(ids.c.key_id)
    return {str(key_id): int(count) for key_id, count in await session.execute(counting)}
