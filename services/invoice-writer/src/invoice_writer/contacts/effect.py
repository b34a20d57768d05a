"""The making of one contact: how to send it, find it by its marker and keep it in the index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.buyers import Customer, identity_of, shop_tag
from common.domain.ids import BooksConnectionId, ShopConnectionId
from common.domain.stored_words import BoundHow
from common.effects.effect import OnBound, SearchResult
from common.effects.gate import Gate
from common.lexware.client import LexwareClient
from common.lexware.contact_wire import Contact, NewContact, fingerprint
from common.lexware.contacts import CONTACTS
from invoice_writer.contacts.mapping import contact_of, has_marker, least_contact_of, note_of
from invoice_writer.contacts.rows import ContactRows
from invoice_writer.keys import marker_of

log = structlog.get_logger(__name__)

Extent = Literal["full", "fitting", "least"]
Part = Literal["email", "phone", "vat_id"]  # of a customer, that the books may refuse alone


@dataclass(frozen=True, slots=True)
class ContactNeed:
    """A document that needs its customer as a contact of the books; `as_of` is the document's moment.

    `country_code` is how the books spell the customer's country, None where as we do. `anew`: a person wants
    it made though nobody knows what became of the last try.
    """

    tenant_id: UUID
    connection_id: BooksConnectionId
    organization_id: str
    shop_id: ShopConnectionId
    client: LexwareClient
    customer: Customer
    tax_free: bool
    as_of: datetime
    update: bool = False
    country_code: str | None = None
    anew: bool = False

    @property
    def identity(self) -> str:
        """The customer as a fact."""
        return identity_of(self.customer, self.shop_id, tax_free=self.tax_free)

    def rows(self, session: AsyncSession) -> ContactRows:
        """The index of these books."""
        return ContactRows(session, self.tenant_id, self.connection_id)

    def contact(self, note: str, without: Collection[Part] = ()) -> NewContact:
        """Everything that is known of the customer, for the wire, but for the parts left out."""
        known = self.customer.model_copy(update=dict.fromkeys(without))
        return contact_of(known, note, tax_free=self.tax_free, country_code=self.country_code)

    def least_contact(self, note: str) -> NewContact:
        """As little as the books take."""
        return least_contact_of(self.customer, note, tax_free=self.tax_free, country_code=self.country_code)


class ContactEffect:
    """One contact for one customer of one shop, recognised by the marker that begins a line of its note.

    `generation` counts the contacts that were made for the customer before and are archived or gone.
    """

    def __init__(
        self, need: ContactNeed, generation: int, extent: Extent, without: Collection[Part] = ()
    ) -> None:
        self._need = need
        later = f":{generation + 1}" if generation else ""
        self.key = f"contact:{need.organization_id}:{need.shop_id}:{need.identity}{later}"
        self.tenant_id = need.tenant_id
        self.marker = marker_of(self.key)
        note = note_of(self.marker, need.customer, shop_tag(need.shop_id))
        self._contact = need.least_contact(note) if extent == "least" else need.contact(note, without)
        self.payload = self._contact.to_wire()
        self.decision: Mapping[str, Any] = {"extent": extent, "tax_free": need.tax_free}

    async def prepare(self) -> None:
        """Have credentials and a slot of the rate limit before anything is armed."""
        await self._need.client.prepare_write(CONTACTS)

    async def send(self, gate: Gate) -> str:
        """Create the contact; its id."""
        return await self._need.client.contacts.create(self.payload, gate)

    async def search(self) -> SearchResult:
        """Every contact with our marker, looked for by e-mail and by name: an earlier try may have had less.

        Of several the oldest counts: a voucher needs one, and which one makes no difference to the books.
        """
        contacts, customer = self._need.client.contacts, self._need.customer
        looks = [await contacts.by_name(customer.company or customer.last_name or customer.name)]
        if customer.email is not None:
            looks.append(await contacts.by_email(customer.email))
        marked = {one.id: one for look in looks for one in look.contacts if has_marker(one, self.marker)}
        oldest = sorted(marked.values(), key=_age)
        if len(oldest) > 1:
            log.warning("contact.made_twice", tenant_id=str(self.tenant_id), contacts=len(oldest))
        return SearchResult(all(look.complete for look in looks), tuple(one.id for one in oldest[:1]))

    def on_bound(self, external_id: str, how: BoundHow) -> OnBound["Made"]:
        """The contact is kept in the index with the binding; what we surely wrote may be updated later."""
        body = orjson.loads(self.payload)
        written = {
            "fingerprint": fingerprint(body) if how == BoundHow.WRITTEN else None,
            "compared": content_digest(self._need.contact("")),
            "as_of": self._need.as_of,
        }
        contact = Contact.model_validate({**body, "id": external_id})
        return OnBound(_keep_made, Made(self._need, contact, written))


@dataclass(frozen=True, slots=True)
class Made:
    """A contact of ours, and what to compare it with later."""

    need: ContactNeed
    contact: Contact
    written: Mapping[str, Any]


async def _keep_made(session: AsyncSession, items: Sequence[Made]) -> None:
    for made in items:
        await made.need.rows(session).add_made(made.contact, made.need.identity, made.written)


def content_digest(contact: NewContact) -> str:
    """A digest of what we know of a customer, without the note."""
    return fingerprint({**contact.content(), "note": None})


def _age(contact: Contact) -> tuple[float, str]:
    return (float("inf") if contact.number is None else contact.number, contact.id)
