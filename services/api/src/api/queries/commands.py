"""How far a command is: from the outbox of this service to the inbox of its owner."""

from typing import Literal, cast
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Scope
from api.problems import (
    NotFound,
)
from api.schemas.parked import CommandStatusRead
from common.db.models.line import InboxRow, OutboxRow
from common.domain.stored_words import MessageState
from common.events.base import event_id_of
from common.events.commands import Command
from common.events.registry import EVENT_CLASSES
from common.events.topics import API, SERVICES

State = Literal["accepted", "in_line", "done", "dead", "discarded"]
COMMAND_TYPES = [known.type for known in EVENT_CLASSES if issubclass(known, Command)]
STATES = {None: "accepted", MessageState.READY: "in_line", MessageState.IGNORED: "done"}


async def read_command(session: AsyncSession, scope: Scope, command_id: UUID) -> CommandStatusRead:
    """Read how far a command of this service is; raises `NotFound` also for one outside the scope."""
    event_ids = [event_id_of(name, str(command_id)) for name in COMMAND_TYPES]
    received = and_(InboxRow.event_id == OutboxRow.event_id, InboxRow.consumer.in_(SERVICES))
    query = (
        select(
            OutboxRow.tenant_id,
            OutboxRow.type,
            OutboxRow.created_at,
            InboxRow.state,
            InboxRow.attempts,
            InboxRow.done_at,
        )
        .outerjoin(InboxRow, received)
        .where(
            OutboxRow.producer == API,
            OutboxRow.event_id.in_(event_ids),
            *scope.limits(OutboxRow.tenant_id),
        )
    )
    row = (await session.execute(query)).first()
    if row is None:
        raise NotFound
    return CommandStatusRead(
        command_id=command_id,
        tenant_id=row.tenant_id,
        type=row.type,
        state=cast(State, STATES.get(row.state, row.state)),
        attempts=row.attempts or 0,
        accepted_at=row.created_at,
        done_at=row.done_at,
    )
