"""Secrets of connections, sealed on the way in and bound to their place."""

from collections.abc import Mapping

from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.crypto import SecretBox, SecretPlace, SecretUnreadable
from common.db.dialect import db_now, insert
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import OAuthTokenRow


async def keep_secrets(
    session: AsyncSession, box: SecretBox, connection: ConnectionRow, secrets: Mapping[str, SecretStr]
) -> None:
    """The connection's secrets are these and no others."""
    await session.execute(
        delete(SecretRow).where(
            SecretRow.connection_id == connection.connection_id,
            SecretRow.tenant_id == connection.tenant_id,
            SecretRow.field.not_in(secrets),
        )
    )
    for field, value in secrets.items():
        place = SecretPlace(connection.tenant_id, connection.connection_id, field)
        statement = insert(session, SecretRow).values(
            connection_id=connection.connection_id,
            tenant_id=connection.tenant_id,
            field=field,
            sealed=box.seal(value, place),
            created_at=db_now(),
        )
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["connection_id", "field"],
                set_={"sealed": statement.excluded.sealed, "created_at": statement.excluded.created_at},
            )
        )


async def find_secret(
    session: AsyncSession, box: SecretBox, connection: ConnectionRow, field: str
) -> SecretStr | None:
    """Open a secret of the connection; None when there is none that a key of ours opens."""
    place = SecretPlace(connection.tenant_id, connection.connection_id, field)
    sealed = await session.scalar(
        select(SecretRow.sealed).where(
            SecretRow.connection_id == place.connection_id,
            SecretRow.tenant_id == place.tenant_id,
            SecretRow.field == field,
        )
    )
    try:
        return None if sealed is None else box.open(sealed, place)
    except SecretUnreadable:
        return None


async def drop_token_pair(session: AsyncSession, connection: ConnectionRow) -> None:
    """No OAuth token pair is left for the connection."""
    await session.execute(
        delete(OAuthTokenRow).where(
            OAuthTokenRow.connection_id == connection.connection_id,
            OAuthTokenRow.tenant_id == connection.tenant_id,
        )
    )
