"""The rows of the contact index: what each contact is, by what it is found, and what we last wrote."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, prepared
from common.db.models.base import table
from common.db.models.books import ContactIndexRow, ContactKeyRow
from common.domain.ids import BooksConnectionId
from common.domain.stored_words import ContactKind, ContactState
from common.lexware.contact_wire import Contact
from invoice_writer.contacts.mapping import keys_of, prints_of

PRINTS = ("name_print", "last_name_print", "address_print")
AS_LISTED = ("kind", "number", "vat_id", "tax_free", *PRINTS, "state", "seen_at")

ROWS, KEYS = table(ContactIndexRow), table(ContactKeyRow)
FOUND = (
    select(ROWS, KEYS.c.key, db_now().label("now"))
    .join(KEYS, (KEYS.c.connection_id == ROWS.c.connection_id) & (KEYS.c.contact_id == ROWS.c.contact_id))
    .where(
        KEYS.c.tenant_id == bindparam("tenant"),
        KEYS.c.connection_id == bindparam("connection"),
        KEYS.c.key.in_(bindparam("wanted", expanding=True)),
        ROWS.c.state == ContactState.ACTIVE,
    )
)


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A usable contact of the books; `age` is how long ago we made it."""

    contact_id: str
    kind: ContactKind
    number: int | None
    vat_id: str | None
    tax_free: bool
    fingerprint: str | None
    compared: str | None
    as_of: datetime | None
    age: timedelta | None
    keys: frozenset[str]
    name_print: str | None = None
    last_name_print: str | None = None
    address_print: str | None = None


class ContactRows:
    """The index of one books connection, inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID, connection_id: BooksConnectionId) -> None:
        self._session, self._tenant_id, self._connection_id = session, tenant_id, connection_id

    async def find(self, keys: Sequence[str]) -> Sequence[KnownContact]:
        """Find every contact in use that has one of the keys."""
        rows = await self._session.execute(FOUND, {**self._place, "wanted": list(keys)})
        grouped: dict[str, list[Any]] = {}
        for row in rows:
            grouped.setdefault(row.contact_id, []).append(row)
        return [_known(same[0], frozenset(row.key for row in same)) for same in grouped.values()]

    async def get(self, contact_id: str) -> KnownContact | None:
        """Read the contact if it is in use."""
        query = select(ROWS, db_now().label("now")).where(
            *self._this(contact_id), ROWS.c.state == ContactState.ACTIVE
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else _known(row, frozenset())

    async def lost(self, identity: str) -> int:
        """Count the contacts made for this customer that were archived or deleted since."""
        query = (
            select(func.count())
            .select_from(ROWS)
            .where(*self._mine, ROWS.c.identity == identity, ROWS.c.state != ContactState.ACTIVE)
        )
        return int((await self._session.execute(query)).scalar_one())

    async def store(self, contacts: Collection[Contact]) -> None:
        """Keep the contacts as the books show them; what we know of our own writing stays."""
        if not contacts:
            return
        now = (await self._session.execute(select(db_now()))).scalar_one()
        rows = [{**self._values(contact), "seen_at": now} for contact in contacts]
        await self._session.execute(_listed(self._session), rows)
        await self._replace_keys(contacts)

    async def add_made(self, contact: Contact, identity: str, written: Mapping[str, Any]) -> None:
        """Keep a contact that we made, whatever the list shows of it so far."""
        values = {"identity": identity, "made_at": db_now(), "seen_at": db_now(), **written}
        row = insert(self._session, ROWS).values(**{**self._values(contact), **values})
        await self._session.execute(
            row.on_conflict_do_update(index_elements=["connection_id", "contact_id"], set_=values)
        )
        await self._replace_keys([contact])

    async def note(self, contact_id: str, **written: Any) -> None:
        """Keep what we wrote or compared."""
        await self._session.execute(update(ROWS).where(*self._this(contact_id)).values(**written))

    async def mark(self, contact_id: str, state: ContactState) -> None:
        """Mark the contact as archived or gone: it is used no more."""
        await self.note(contact_id, state=state)

    async def touch(self, contact_ids: Collection[str]) -> None:
        """Note that contacts are still listed, in a form that cannot be read: what is known of them stays."""
        if contact_ids:
            there = update(ROWS).where(*self._mine, ROWS.c.contact_id.in_(contact_ids))
            await self._session.execute(there.values(seen_at=db_now()))

    async def mark_unseen(self, since: datetime) -> None:
        """Mark as gone what no reading has shown since then."""
        unseen = update(ROWS).where(*self._mine, ROWS.c.seen_at < since, ROWS.c.state != ContactState.GONE)
        await self._session.execute(unseen.values(state=ContactState.GONE))

    @property
    def _place(self) -> dict[str, UUID]:
        return {"tenant": self._tenant_id, "connection": self._connection_id}

    @property
    def _mine(self) -> tuple[Any, ...]:
        return ROWS.c.tenant_id == self._tenant_id, ROWS.c.connection_id == self._connection_id

    def _this(self, contact_id: str) -> tuple[Any, ...]:
        return *self._mine, ROWS.c.contact_id == contact_id

    def _values(self, contact: Contact) -> dict[str, Any]:
        company = contact.company
        return {
            "tenant_id": self._tenant_id,
            "connection_id": self._connection_id,
            "contact_id": contact.id,
            "kind": contact.kind,
            "number": contact.number,
            "vat_id": None if company is None else company.vat_registration_id,
            "tax_free": company is not None and company.allow_tax_free_invoices,
            **prints_of(contact),
            "state": ContactState.ARCHIVED if contact.archived else ContactState.ACTIVE,
        }

    async def _replace_keys(self, contacts: Iterable[Contact]) -> None:
        by_id = {contact.id: keys_of(contact) for contact in contacts}
        await self._session.execute(
            delete(KEYS).where(
                KEYS.c.tenant_id == self._tenant_id,
                KEYS.c.connection_id == self._connection_id,
                KEYS.c.contact_id.in_(by_id),
            )
        )
        rows = [
            {
                "tenant_id": self._tenant_id,
                "connection_id": self._connection_id,
                "key": key,
                "contact_id": contact_id,
            }
            for contact_id, keys in by_id.items()
            for key in sorted(keys)
        ]
        if rows:
            await self._session.execute(_keys(self._session), rows)


@prepared
def _listed(session: AsyncSession) -> Any:
    statement = insert(session, ROWS)
    changes = {name: statement.excluded[name] for name in AS_LISTED}
    return statement.on_conflict_do_update(index_elements=["connection_id", "contact_id"], set_=changes)


@prepared
def _keys(session: AsyncSession) -> Any:
    primary = ["connection_id", "key", "contact_id"]
    return insert(session, KEYS).on_conflict_do_nothing(index_elements=primary)


def _known(row: Row[Any], keys: frozenset[str]) -> KnownContact:
    return KnownContact(
        contact_id=row.contact_id,
        kind=row.kind,
        number=row.number,
        vat_id=row.vat_id,
        tax_free=row.tax_free,
        fingerprint=row.fingerprint,
        compared=row.compared,
        as_of=row.as_of,
        age=None if row.made_at is None else row.now - row.made_at,
        keys=keys,
        name_print=row.name_print,
        last_name_print=row.last_name_print,
        address_print=row.address_print,
    )
