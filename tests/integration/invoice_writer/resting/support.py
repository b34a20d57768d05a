"""What tests of connections in trouble look at, and what they do to a connection."""

from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select

from common.db.breakers import linked_anew
from common.db.models.effects import AlarmRow, BreakerRow
from common.db.secrets import Secrets
from common.domain.documents import Document
from common.lexware.breakers import Breakers
from common.lexware.connect import LexwareClients
from factories.tenants import KEY
from integration.invoice_writer.harness import Writer
from invoice_writer.rechecking import ConnectionWatch, release_after_denial


def watch_of(writer: Writer) -> ConnectionWatch:
    """The watch as the service builds it."""
    settings = writer.settings()
    breakers = Breakers(writer.db, settings.lexware.breaker, reopened=release_after_denial)
    secrets = Secrets(settings.encryption_keys)
    clients = LexwareClients(writer.db, secrets, settings.lexware, writer.network, breakers)
    return ConnectionWatch(writer.db, clients, breakers)


async def open_alarms(writer: Writer) -> list[str]:
    """The kinds of the alarms that are open."""
    query = select(AlarmRow.kind).where(AlarmRow.closed_at.is_(None)).order_by(AlarmRow.kind)
    async with writer.db.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all())


async def breakers(writer: Writer) -> dict[str, BreakerRow]:
    """What stands against each kind of calls of the connection."""
    async with writer.db.reading.of_all_tenants() as session:
        return {row.scope: row for row in await session.scalars(select(BreakerRow))}


async def count(writer: Writer, table: Any, *conditions: Any) -> int:
    """How many rows of the table meet the conditions."""
    async with writer.db.reading.of_all_tenants() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


async def statuses(writer: Writer, invoices: Sequence[Document]) -> set[tuple[str, str | None]]:
    """Where the documents stand that were worked."""
    outcomes = [await writer.find_outcome(invoice) for invoice in invoices]
    return {(outcome.status, outcome.reason) for outcome in outcomes if outcome is not None}


async def put_key(writer: Writer, key: str) -> None:
    """The merchant linked the books again with this key."""
    secrets = Secrets([KEY]).of(writer.tenant_id, writer.books_id)
    async with writer.db.sessions.of_all_tenants() as session:
        await secrets.store(session, "api_key", SecretStr(key))
        await linked_anew(session, writer.tenant_id, writer.books_id)
        await release_after_denial(session, writer.tenant_id, writer.books_id)
