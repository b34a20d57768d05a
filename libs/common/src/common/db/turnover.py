"""The yearly turnover of small businesses, summed from where their documents stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.ingest import DocumentRow
from common.domain.documents import DocumentType
from common.domain.money import Money
from common.domain.stored_words import ConnectionKind, ConnectionState, DocumentStatus
from common.domain.turnover import Turnover, TurnoverWarning, german_year, turnover_warnings

EURO = "EUR"
AT_ONCE = 500  # tenants: nobody else's documents are read


@dataclass(frozen=True, slots=True)
class TenantWarning:
    """A warning and the tenant it is for."""

    tenant_id: UUID
    warning: TurnoverWarning


async def this_year(session: AsyncSession) -> int:
    """The calendar year in Germany, by the database's clock."""
    now: datetime = (await session.execute(select(db_now().label("now")))).scalar_one()
    return german_year(now)


async def read_warnings(session: AsyncSession, year: int, tenant_id: UUID | None) -> list[TenantWarning]:
    """Read what this tenant, or every one, has to know in that year about the limits of small businesses.

    Only tenants whose books, as last read, say that they are one.
    """
    tenants = (await session.scalars(_small_businesses(tenant_id))).all()
    years: dict[UUID, dict[int, Turnover]] = {}
    for start in range(0, len(tenants), AT_ONCE):
        for tenant, turnover in await _read_turnovers(session, year, tenants[start : start + AT_ONCE]):
            years.setdefault(tenant, {})[turnover.year] = turnover
    return [
        TenantWarning(tenant, warning)
        for tenant, found in sorted(years.items())
        for warning in _of_years(found, year)
    ]


def _of_years(found: dict[int, Turnover], year: int) -> Iterable[TurnoverWarning]:
    return turnover_warnings(found.get(year - 1, Turnover(year - 1)), found.get(year, Turnover(year)))


async def _read_turnovers(
    session: AsyncSession, year: int, tenants: Sequence[UUID]
) -> list[tuple[UUID, Turnover]]:
    """Sum what these tenants turned over in this year and the one before, where there is anything."""
    return [
        (
            row.tenant_id,
            Turnover(
                year=year if row.is_current else year - 1,
                net=Money(int(row.net)),
                documents=int(row.documents),
                open_gross=Money(int(row.open_gross)),
                open_documents=int(row.open_documents),
                other_currency=int(row.other_currency),
            ),
        )
        for row in await session.execute(_sums(year, tenants))
    ]


def _sums(year: int, tenants: Sequence[UUID]) -> Select[Any]:
    """One row per tenant and year; the currency is what ingest stored with the document.

    What a rule leaves out is booked by other means: it is turnover all the same.
    """
    is_current = case((OutcomeRow.issued_on >= date(year, 1, 1), 1), else_=0).label("is_current")
    is_euro = func.coalesce(DocumentRow.currency, EURO) == EURO
    is_open = OutcomeRow.status.in_((DocumentStatus.PARKED, DocumentStatus.WAITING))
    is_counted = OutcomeRow.status.in_((DocumentStatus.BOOKED, DocumentStatus.EXCLUDED))
    counted, still_open = and_(is_counted, is_euro), and_(is_open, is_euro)
    return (
        select(
            OutcomeRow.tenant_id,
            is_current,
            _sum(counted, _signed(_net())).label("net"),
            _sum(counted, 1).label("documents"),
            _sum(still_open, _signed(func.abs(OutcomeRow.gross_minor))).label("open_gross"),
            _sum(still_open, 1).label("open_documents"),
            _sum(and_(or_(is_counted, is_open), ~is_euro), 1).label("other_currency"),
        )
        .outerjoin(
            DocumentRow,
            and_(
                DocumentRow.document_id == OutcomeRow.document_id,
                DocumentRow.tenant_id == OutcomeRow.tenant_id,
            ),
        )
        .where(
            OutcomeRow.tenant_id.in_(tenants),
            OutcomeRow.issued_on >= date(year - 1, 1, 1),
            OutcomeRow.issued_on < date(year + 1, 1, 1),
        )
        .group_by(OutcomeRow.tenant_id, is_current)
    )


def _small_businesses(tenant_id: UUID | None) -> Select[Any]:
    """This tenant, or every one, whose books in use say so."""
    in_scope = () if tenant_id is None else (BooksProfileRow.tenant_id == tenant_id,)
    return (
        select(BooksProfileRow.tenant_id)
        .join(
            ConnectionRow,
            and_(
                ConnectionRow.connection_id == BooksProfileRow.connection_id,
                ConnectionRow.tenant_id == BooksProfileRow.tenant_id,
            ),
        )
        .where(
            ConnectionRow.kind == ConnectionKind.BOOKS,
            ConnectionRow.state != ConnectionState.DISABLED,
            BooksProfileRow.profile["small_business"].as_boolean().is_(True),
            *in_scope,
        )
    )


def _net() -> ColumnElement[int]:
    """Gross, but for a voucher from before the seller became a small business, which shows VAT."""
    tax = cast(OutcomeRow.decision["tax_total", "minor"].as_string(), BigInteger)
    return func.abs(OutcomeRow.gross_minor) - func.abs(func.coalesce(tax, 0))


def _signed(amount: ColumnElement[int]) -> ColumnElement[int]:
    """Corrections are taken off, whichever sign the shop gave them."""
    adds = and_(OutcomeRow.type == DocumentType.INVOICE.value, OutcomeRow.gross_minor >= 0)
    return case((adds, amount), else_=-amount)


def _sum(condition: ColumnElement[bool], amount: ColumnElement[int] | int) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)
