"""After a move or a reinstall one command lets vouchers stand for the parked documents they equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, and_, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database
from common.db.models.books import OutcomeRow, VoucherIndexRow
from common.db.models.core import ConnectionRow
from common.domain.documents import DocumentType
from common.domain.reasons import CURED_BY_ORIGINAL, DocumentReason
from common.domain.stored_words import ConnectionKind, ConnectionState, DocumentStatus
from common.effects.numbered import Elsewhere
from common.effects.sql_numbers import effects_bound_to
from common.events.commands import AdoptMatching
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.inbox.messages import Done
from common.inbox.routes import Route, on
from common.transport.base import Incoming
from invoice_writer.released import COLUMNS, PLACE, Candidate, mark, newest_place, rest_of

PAGE = 500
PERHAPS_THERE = (DocumentReason.SAME_DOCUMENT_ELSEWHERE.value, DocumentReason.NUMBER_TAKEN_IN_BOOKS.value)

CREDIT_NOTE = DocumentType.CREDIT_NOTE.value


@dataclass(frozen=True, slots=True)
class ToAdopt:
    """A document that perhaps has its voucher in the books, with what was found there."""

    candidate: Candidate
    params: Mapping[str, Any]

    @classmethod
    def from_row(cls, row: Row[Any]) -> "ToAdopt":
        """The document of a row of outcomes."""
        return cls(Candidate.from_row(row), row.params)

    @property
    def only_voucher(self) -> str | None:
        """The one voucher that was found; None where there are several or none."""
        vouchers: Sequence[Any] = self.params.get("vouchers") or ()
        return str(vouchers[0]) if len(vouchers) == 1 else None


class Adopting:
    """Has the documents decided again, each with its voucher; whether they are equal is seen in the books."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def routes(self) -> Sequence[Route]:
        """The command that is answered here."""
        return (on(AdoptMatching, self.adopt_matching),)

    async def adopt_matching(self, command: AdoptMatching) -> Done:
        """Every parked document with exactly one voucher to choose waits to be adopted, if equal.

        Corrections that stand back for their invoice come last: its adoption is before them in the line.
        """
        async with self._db.sessions.of_all_tenants() as session:
            parked = [ToAdopt.from_row(row) for row in await session.execute(_parked(command))]
            page, is_more = parked[:PAGE], len(parked) > PAGE
            chosen = await _chosen(session, command, page)
            refused = await _of_others_at_work(session, command.tenant_id, list(chosen.values()))
            wanted = [
                one.candidate
                for one in page
                if chosen.get(one.candidate.document_id, "") not in (refused | {""})
            ]
            await mark(
                session,
                wanted,
                are_all=command.after is None and not is_more,
                asked_by=command.command_id,
                vouchers=chosen,
                after=await newest_place(session, command.tenant_id) if command.corrections else None,
            )
            if is_more:
                rest = rest_of(command, page[-1].candidate)
                await accept(session, INVOICE_WRITER, [Incoming.of(rest)])
            elif not command.corrections:
                await accept(session, INVOICE_WRITER, [Incoming.of(_corrections(command))])
        return Done()


def _parked(command: AdoptMatching) -> Any:
    chosen = [
        OutcomeRow.tenant_id == command.tenant_id,
        OutcomeRow.voucher_id.is_(None),
    ]
    if command.corrections:
        chosen += [
            OutcomeRow.type == CREDIT_NOTE,
            OutcomeRow.status.in_((DocumentStatus.PARKED, DocumentStatus.WAITING)),
        ]
    else:
        chosen.append(OutcomeRow.status == DocumentStatus.PARKED)
    chosen.append(OutcomeRow.reason.in_(CURED_BY_ORIGINAL if command.corrections else PERHAPS_THERE))
    if command.after is not None:
        chosen.append(tuple_(*PLACE) > command.after)
    return select(*COLUMNS, OutcomeRow.params).where(*chosen).order_by(*PLACE).limit(PAGE + 1)


async def _chosen(session: AsyncSession, command: AdoptMatching, page: Sequence[ToAdopt]) -> dict[UUID, str]:
    """The one voucher that each document of the page may be; others are left out."""
    if command.corrections:
        listed = _listed(command, [one.candidate.document_id for one in page])
        return {row.document_id: row.voucher_id for row in (await session.execute(listed)).all()}
    return {one.candidate.document_id: found for one in page if (found := one.only_voucher) is not None}


def _listed(command: AdoptMatching, document_ids: Sequence[UUID]) -> Any:
    """Of each document the only credit note with its number in the copy of the voucherlist."""
    same_number = and_(
        VoucherIndexRow.tenant_id == OutcomeRow.tenant_id,
        VoucherIndexRow.number == OutcomeRow.number,
        VoucherIndexRow.type == "salescreditnote",
        VoucherIndexRow.gone_at.is_(None),
    )
    in_use = and_(
        ConnectionRow.connection_id == VoucherIndexRow.connection_id,
        ConnectionRow.kind == ConnectionKind.BOOKS,
        ConnectionRow.state == ConnectionState.ACTIVE,
    )
    return (
        select(OutcomeRow.document_id, func.min(VoucherIndexRow.voucher_id).label("voucher_id"))
        .join(VoucherIndexRow, same_number)
        .join(ConnectionRow, in_use)
        .where(OutcomeRow.tenant_id == command.tenant_id, OutcomeRow.document_id.in_(document_ids))
        .group_by(OutcomeRow.document_id)
        .having(func.count() == 1)
    )


async def _of_others_at_work(session: AsyncSession, tenant_id: UUID, vouchers: Sequence[str]) -> set[str]:
    """Vouchers of another tenant who still has these books: only a person, one by one, adopts those."""
    others = [one for one in await effects_bound_to(session, vouchers) if one.tenant_id != tenant_id]
    at_work = {one.key for one in others if await _has_books(session, one)}
    return {one.external_id for one in others if one.key in at_work and one.external_id is not None}


async def _has_books(session: AsyncSession, other: Elsewhere) -> bool:
    in_use = exists().where(
        ConnectionRow.tenant_id == other.tenant_id,
        ConnectionRow.kind == ConnectionKind.BOOKS,
        ConnectionRow.address == other.numbered.organization_id,
        ConnectionRow.state != ConnectionState.DISABLED,
    )
    return bool((await session.execute(select(in_use))).scalar_one())


def _corrections(command: AdoptMatching) -> AdoptMatching:
    changes = {"command_id": uuid5(command.command_id, "corrections"), "after": None, "corrections": True}
    return command.model_copy(update=changes)
