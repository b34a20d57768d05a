"""Chooses documents to decide again because their cause is gone; each is marked and waits for its turn."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.books import OutcomeRow
from common.db.tenant_settings import newest_settings
from common.domain.reasons import (
    BEFORE_START,
    CURED_BY_CONNECTION,
    EXCLUDING_FIELDS,
    IN_DOUBT,
    LASTING_EXCLUSIONS,
    START_FIELD,
    cured_by_settings,
)
from common.domain.stored_words import DocumentStatus
from common.events.commands import AcceptEInvoiceDifferences, AdoptMatching, ReleaseCause, ReleaseParked
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.base import Incoming
from invoice_writer.released.candidates import COLUMNS, PLACE, Candidate, list_candidates
from invoice_writer.released.marks import mark

PAGE = 1000
PagedT = TypeVar("PagedT", ReleaseParked, AcceptEInvoiceDifferences, AdoptMatching)


async def release(session: AsyncSession, command: ReleaseParked) -> int:
    """Have the command's next page of documents decided again, oldest first, and order the rest of it."""
    chosen = [OutcomeRow.tenant_id == command.tenant_id, await _chosen(session, command)]
    if command.after is not None:
        chosen.append(tuple_(*PLACE) > command.after)
    query = select(*COLUMNS).where(*chosen).order_by(*PLACE).limit(PAGE + 1)
    documents = await list_candidates(session, query)
    is_more = len(documents) > PAGE
    if is_more:
        documents = documents[:PAGE]
        await accept(session, INVOICE_WRITER, [Incoming.of(rest_of(command, documents[-1]))])
    are_all = command.after is None and not is_more
    asked_by = command.command_id if command.released_by == ReleaseCause.PERSON else None
    return await mark(session, documents, are_all=are_all, asked_by=asked_by)


def rest_of(command: PagedT, last: Candidate) -> PagedT:
    """The same order for the documents after this one."""
    command_id = uuid5(command.command_id, str(last.document_id))
    return command.model_copy(update={"command_id": command_id, "after": last.place})


async def release_reasons(session: AsyncSession, tenant_id: UUID, reasons: Sequence[str]) -> int:
    """Have the tenant's documents that are parked for one of the reasons decided again."""
    command = ReleaseParked(
        tenant_id=tenant_id,
        connection_id=tenant_id,
        command_id=uuid4(),
        released_by=ReleaseCause.READING,
        reasons=tuple(reasons),
    )
    return await release(session, command)


async def _chosen(session: AsyncSession, command: ReleaseParked) -> ColumnElement[bool]:
    if command.reasons is not None:
        equal = [OutcomeRow.params[name].as_string() == value for name, value in command.about.items()]
        return and_(
            OutcomeRow.status == DocumentStatus.PARKED, OutcomeRow.reason.in_(command.reasons), *equal
        )
    if command.released_by == ReleaseCause.CONNECTION:
        return and_(OutcomeRow.status == DocumentStatus.PARKED, OutcomeRow.reason.in_(CURED_BY_CONNECTION))
    if command.released_by != ReleaseCause.SETTINGS:
        return false()
    start_on = (await newest_settings(session, command.tenant_id)).values.start_on
    return or_(
        and_(
            OutcomeRow.status == DocumentStatus.PARKED,
            OutcomeRow.reason.in_(cured_by_settings(command.settings)),
        ),
        _moved_by_start(start_on) if START_FIELD in (command.settings or (START_FIELD,)) else false(),
        _moved_by_exclusions() if EXCLUDING_FIELDS.intersection(command.settings or ()) else false(),
    )


def _moved_by_start(start_on: date | None) -> ColumnElement[bool]:
    """Documents an earlier start takes in again, and parked ones that a later start leaves out."""
    left_out = and_(OutcomeRow.status == DocumentStatus.EXCLUDED, OutcomeRow.reason == BEFORE_START)
    if start_on is None:
        return left_out
    return or_(
        and_(left_out, OutcomeRow.issued_on >= start_on), and_(_sure(), OutcomeRow.issued_on < start_on)
    )


def _moved_by_exclusions() -> ColumnElement[bool]:
    """Documents that rules of the merchant leave out, and parked ones that they may leave out now."""
    lasting = (*LASTING_EXCLUSIONS, BEFORE_START)
    return or_(and_(OutcomeRow.status == DocumentStatus.EXCLUDED, OutcomeRow.reason.not_in(lasting)), _sure())


def _sure() -> ColumnElement[bool]:
    """Parked without any doubt about what the books hold: leaving it out hides nothing."""
    return and_(
        OutcomeRow.status == DocumentStatus.PARKED,
        OutcomeRow.reason.not_in(IN_DOUBT),
        OutcomeRow.voucher_id.is_(None),
    )
