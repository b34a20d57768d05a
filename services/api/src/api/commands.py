"""Commands to the services that own what is to change; they go through the outbox."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.schemas.base import CommandRead
from common.db.models.core import ConnectionRow
from common.domain.stored_words import ConnectionKind, ConnectionState
from common.events import topics
from common.events.commands import Command, FetchOrder, FetchShop, ReleaseCause, ReleaseParked
from common.outbox.record import record

NO_CONNECTION = UUID(int=0)


async def send(session: AsyncSession, command: Command) -> CommandRead:
    """Add the command to the outbox of this transaction; the relay sends it after the commit."""
    await record(session, topics.API, command)
    return CommandRead(command_id=command.command_id, type=command.type)


async def release_parked(
    session: AsyncSession, tenant_id: UUID, released_by: ReleaseCause, **chosen: Any
) -> CommandRead:
    """Ask the invoice writer to decide again about what this kind of change may have freed.

    `chosen` narrows it: the names of changed `settings`, or `reasons` and what they are `about`.
    """
    books = await session.scalar(
        select(ConnectionRow.connection_id).where(
            ConnectionRow.tenant_id == tenant_id,
            ConnectionRow.kind == ConnectionKind.BOOKS,
            ConnectionRow.state != ConnectionState.DISABLED,
        )
    )
    return await send(
        session,
        ReleaseParked(
            tenant_id=tenant_id,
            connection_id=books or NO_CONNECTION,
            command_id=uuid4(),
            released_by=released_by,
            **chosen,
        ),
    )


async def fetch_now(session: AsyncSession, shop: ConnectionRow) -> CommandRead:
    """Ask ingest to read the shop now, also one it had given up on."""
    return await send(
        session, FetchShop(tenant_id=shop.tenant_id, connection_id=shop.connection_id, command_id=uuid4())
    )


async def fetch_order(session: AsyncSession, shop: ConnectionRow, order_id: str) -> CommandRead:
    """Ask ingest to read one order and its documents now."""
    to = {"tenant_id": shop.tenant_id, "connection_id": shop.connection_id, "command_id": uuid4()}
    return await send(session, FetchOrder.model_validate({**to, "order_id": order_id}))
